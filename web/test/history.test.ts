// The history: lines that belong together, and what each is about.
import { expect, test } from "vitest";
import { groupByMoment, subjectOf } from "../src/history";

test("lines within two seconds are one moment, in the order they were written", () => {
  const moments = groupByMoment([
    { time: 9000, n: 4 },
    { time: 3500, n: 3 },
    { time: 2100, n: 2 },
    { time: 1600, n: 1 },
  ]);
  expect(moments.map((m) => m.lines.map((l) => l.n))).toEqual([[4], [1, 2, 3]]);
});

test("a stream of changes does not become one endless moment", () => {
  const lines = Array.from({ length: 10 }, (_, i) => ({ time: 20_000 - i * 1500 }));
  expect(groupByMoment(lines).length).toBeGreaterThan(3);
});

test.each([
  [{ gid: "sg-web", addr: "a.example", proto: "tls" }, "tls a.example", "in sg-web"],
  [
    { gid: "sg-web", addr: "a.example", proto: "http", http_path: "/x.crl" },
    "http a.example/x.crl",
    "in sg-web",
  ],
  [
    { gid: "sg-l", thru_date: "2026-12-24", client: "10.0.1.9" },
    "see-thru until 2026-12-24",
    "in sg-l for 10.0.1.9",
  ],
  [{ subnet: "10.0.2.0/28", gid: "sg-web" }, "10.0.2.0/28", "in sg-web"],
  [{}, "", ""],
])("%j", (record, what, where) =>
  expect(subjectOf({ time: "", cat: "", outcome: "", ...record })).toEqual({ what, where }),
);
