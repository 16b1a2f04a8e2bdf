// Flow lines in words, and the annotation that would allow one.
import { describe, expect, test } from "vitest";
import { annotationFor, endsOf, outcomeOf, parseFlow, protocolOf, reasonOf } from "../src/flow";
import type { FlowRecord } from "../src/types";

const line = (change: Partial<FlowRecord> = {}): FlowRecord => ({
  time: "2026-11-22T03:15:00.123Z",
  dhost: "unlisted.test",
  cat: "client",
  outcome: "disallowed",
  src: "10.0.1.10",
  spt: 40000,
  dst: "198.51.100.7",
  dpt: 443,
  proto: "tls",
  proto_v: "1.3",
  reason: "not-allowlisted: no rule of this client names the destination for this protocol",
  ...change,
});

describe("parseFlow", () => {
  test.each(["", "null", "[]", "{", '"x"', '{"outcome":1}', '{"outcome":"allowed"}'])(
    "%j is no flow line",
    (text) => expect(parseFlow(text)).toBeNull(),
  );
  test("reads a line", () =>
    expect(parseFlow(JSON.stringify(line()))?.dhost).toBe("unlisted.test"));
});

test("the client of a server line is its destination", () => {
  expect(endsOf(line())).toEqual({ client: "10.0.1.10", name: "unlisted.test", port: 443 });
  expect(
    endsOf(line({ cat: "server", src: "198.51.100.7", spt: 443, dst: "10.0.1.10", dpt: 40000 })),
  ).toEqual({ client: "10.0.1.10", name: "unlisted.test", port: 443 });
});

test("see-thru is an outcome of its own", () => {
  expect(outcomeOf(line())).toBe("refused");
  expect(outcomeOf(line({ outcome: "allowed" }))).toBe("allowed");
  expect(outcomeOf(line({ outcome: "allowed", see_thru_exerted: true }))).toBe("see-thru");
});

test.each([
  ["policy:sg-web: api.example.com", "policy", "rule api.example.com in sg-web"],
  ["policy:%default: 2026-12-24", "policy", "rule 2026-12-24 in %default"],
  ["tls-no-sni: the ClientHello names no server", "tls-no-sni", "the ClientHello names no server"],
  ["overload", "overload", "overload"],
  ["Something Else", "", "Something Else"],
  [undefined, "", ""],
])("reason %j", (reason, slug, words) => expect(reasonOf({ reason })).toEqual({ slug, words }));

test("protocols have their names", () => {
  expect(protocolOf(line())).toBe("TLS 1.3");
  expect(protocolOf(line({ proto: "unknown", proto_v: undefined }))).toBe("unknown");
});

describe("annotationFor", () => {
  test.each([
    ["a name", {}, "discriminat:tls:unlisted.test", 443],
    [
      "an SSH address",
      { proto: "ssh", dhost: "198.51.100.7", dpt: 22 },
      "discriminat:ssh:198.51.100.7",
      22,
    ],
    [
      "another port",
      { reason: "port-not-allowed: x", dpt: 8443 },
      "discriminat:tls:unlisted.test",
      8443,
    ],
    ["upper case", { dhost: "Unlisted.TEST" }, "discriminat:tls:unlisted.test", 443],
  ])("%s", (_, change, text, port) => expect(annotationFor(line(change))).toEqual({ text, port }));
  test.each([
    ["a refusal on the wire", { reason: "dns-mismatch: x" }],
    ["plain HTTP", { proto: "http" }],
    ["an unknown protocol", { proto: "unknown" }],
    ["text that is no name", { dhost: "a,b <x>" }],
    ["an allowed line", { reason: "policy:sg-web: unlisted.test" }],
  ])("none for %s", (_, change) => expect(annotationFor(line(change))).toBeNull());
});
