// The tail: each line once, the newest first, and nothing that grows.
import { expect, test } from "vitest";
import { Tail, kOverlapMs, kRowsMax, prepend } from "../src/tail";

const event = (id: number, timestamp: number) => ({
  eventId: String(id),
  timestamp,
  message: "",
  logStreamName: "flow",
});

test("tells each event once though polls overlap", () => {
  const tail = new Tail(0);
  expect(tail.take([event(1, 100_000), event(2, 101_000)]).map((e) => e.eventId)).toEqual([
    "2",
    "1",
  ]);
  expect(tail.since).toBe(101_000 - kOverlapMs);
  expect(
    tail.take([event(1, 100_000), event(3, 100_500), event(2, 101_000)]).map((e) => e.eventId),
  ).toEqual(["3"]);
});

test("a late line within the overlap is not lost", () => {
  const tail = new Tail(0);
  tail.take([event(1, 100_000)]);
  expect(tail.take([event(2, 96_000)])).toHaveLength(1);
});

test("remembers only what the next poll can bring again", () => {
  const tail = new Tail(0);
  for (let i = 0; i < 1000; ++i) tail.take([event(i, i * 1000)]);
  expect((tail as unknown as { seen: Map<string, number> }).seen.size).toBeLessThanOrEqual(
    kOverlapMs / 1000 + 1,
  );
});

test("rows fall off at the old end", () => {
  const rows = prepend(
    [0],
    Array.from({ length: kRowsMax }, (_, i) => i + 1),
  );
  expect(rows).toHaveLength(kRowsMax);
  expect(rows[0]).toBe(0);
  expect(prepend([], rows)).toBe(rows);
});
