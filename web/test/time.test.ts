// Times: words of an address to moments, and moments to words. All of it UTC.
import { describe, expect, test } from "vitest";
import {
  binOf,
  formatShort,
  formatSpan,
  parseDuration,
  parseInsightsTime,
  parseMoment,
  periodOf,
} from "../src/time";

const kNow = Date.parse("2026-11-22T14:00:00Z");

describe("parseMoment", () => {
  test.each([
    ["15m", kNow - 9e5],
    ["7d", kNow - 7 * 864e5],
    ["2026-11-22", Date.parse("2026-11-22T00:00:00Z")],
    ["2026-11-22 03:15", Date.parse("2026-11-22T03:15:00Z")],
    ["2026-11-22T03:15:00.123Z", Date.parse("2026-11-22T03:15:00.123Z")],
    ["yesterday", null],
    ["2026-13-40", null],
    ["0m", null],
    ["-5m", null],
    ["2026-11-22T03:15:00+01:00", null],
  ])("%s", (text, want) => expect(parseMoment(text, kNow)).toBe(want));
});

describe("periodOf", () => {
  test("takes a length that ends now", () =>
    expect(periodOf("1h", "", kNow, "15m")).toEqual({ from: kNow - 36e5, to: kNow }));
  test("takes a length before an end that is given", () => {
    const to = Date.parse("2026-11-20T10:00:00Z");
    expect(periodOf("1h", "2026-11-20T10:00", kNow, "15m")).toEqual({ from: to - 36e5, to });
  });
  test("falls back for nonsense and for an end before the beginning", () => {
    expect(periodOf("soon", "", kNow, "15m")).toEqual({ from: kNow - 9e5, to: kNow });
    expect(periodOf("2026-11-21", "2026-11-20", kNow, "1h").from).toBe(
      Date.parse("2026-11-19T23:00:00Z"),
    );
  });
});

test("a span has two units at most", () => {
  expect(formatSpan(0)).toBe("0 s");
  expect(formatSpan(59_400)).toBe("59 s");
  expect(formatSpan(36e5)).toBe("1 h");
  expect(formatSpan(3 * 864e5 + 4 * 36e5 + 5e3)).toBe("3 d 4 h");
});

test("a moment of today has no day", () => {
  expect(formatShort(kNow - 1000, kNow)).toBe("13:59:59");
  expect(formatShort(kNow - 864e5, kNow)).toBe("11-21 14:00:00");
});

test("Insights' times are read as UTC, and nothing else is a time", () => {
  expect(parseInsightsTime("2026-11-22 03:15:00.123")).toBe(Date.parse("2026-11-22T03:15:00.123Z"));
  expect(parseInsightsTime("2026-11-22")).toBeNull();
  expect(parseInsightsTime("17")).toBeNull();
});

test("a duration has a unit and is not zero", () => {
  expect(parseDuration("90s")).toBe(9e4);
  expect(parseDuration("90")).toBeNull();
});

test("a chart has at most 150 columns", () => {
  for (const span of [1e3, 36e5, 864e5, 90 * 864e5])
    expect(span / binOf(span).ms).toBeLessThanOrEqual(150);
});
