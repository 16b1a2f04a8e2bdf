// Walking back: against a log that can only be read forwards, compared with sorting it.
import { describe, expect, test } from "vitest";
import type { LogEvent } from "../src/types";
import { walkBack, type Fetch } from "../src/walk";

function logOf(times: number[], pageMax = 10_000) {
  const events: LogEvent[] = times
    .map((timestamp, i) => ({ eventId: String(i), timestamp, message: "", logStreamName: "flow" }))
    .sort((a, b) => a.timestamp - b.timestamp);
  let calls = 0;
  const fetch: Fetch = async (from, to, limit, token) => {
    ++calls;
    const found = events.filter((e) => e.timestamp >= from && e.timestamp < to);
    const begin = Number(token ?? 0);
    const end = Math.min(found.length, begin + Math.min(limit, pageMax));
    return {
      events: found.slice(begin, end),
      nextToken: end < found.length ? String(end) : undefined,
    };
  };
  return { events, fetch, calls: () => calls };
}

let seed = 1;
const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;

describe("walkBack", () => {
  test.each([
    ["sparse", 50],
    ["dense", 5000],
    ["empty", 0],
  ])("finds the newest of a %s log", async (_, count) => {
    const day = 864e5;
    const log = logOf(Array.from({ length: count }, () => Math.floor(random() * day)));
    const { events, cut } = await walkBack(log.fetch, { from: 0, to: day }, 100);
    const want = [...log.events].reverse().slice(0, Math.max(events.length, Math.min(100, count)));
    expect(events.map((e) => e.eventId)).toEqual(want.map((e) => e.eventId));
    expect(cut).toBe(false);
    expect(log.calls()).toBeLessThan(40);
  });

  test("goes on where it stopped, and misses nothing", async () => {
    const log = logOf(Array.from({ length: 3000 }, () => Math.floor(random() * 36e5)));
    const all: string[] = [];
    let period: { from: number; to: number } | null = { from: 0, to: 36e5 };
    while (period) {
      const walk: Awaited<ReturnType<typeof walkBack>> = await walkBack(log.fetch, period, 100);
      all.push(...walk.events.map((e) => e.eventId));
      period = walk.rest;
    }
    expect(all).toEqual([...log.events].reverse().map((e) => e.eventId));
  });

  test("follows pages that are not full", async () => {
    const log = logOf(
      Array.from({ length: 90 }, (_, i) => i * 600),
      7,
    );
    const { events } = await walkBack(log.fetch, { from: 0, to: 60_000 }, 100);
    expect(events).toHaveLength(90);
  });

  test("says when one second holds more than fits", async () => {
    const log = logOf(Array.from({ length: 500 }, () => 59_900));
    const { events, cut } = await walkBack(log.fetch, { from: 0, to: 60_000 }, 100);
    expect(cut).toBe(true);
    expect(events.length).toBeGreaterThanOrEqual(100);
  });
});
