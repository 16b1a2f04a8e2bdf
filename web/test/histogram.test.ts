// Histograms: differences of readings, a restart in between, and quantiles.
import { describe, expect, test } from "vitest";
import { difference, formatQuantile, formatSeconds, quantile } from "../src/histogram";

const h = (counts: number[], sum = 0) => ({
  bounds: [0.001, 0.01, 0.1],
  counts,
  sum,
  count: counts.reduce((a, b) => a + b, 0),
});

describe("difference", () => {
  test("is what came between two readings", () =>
    expect(difference(h([5, 7, 1, 1], 3), h([2, 7, 0, 1], 1))).toEqual(h([3, 0, 1, 0], 2)));
  test("is the later reading after a restart", () =>
    expect(difference(h([1, 0, 0, 0]), h([9, 9, 9, 9]))).toEqual(h([1, 0, 0, 0])));
  test("is the later reading when one bucket shrank", () =>
    expect(difference(h([1, 9, 0, 0]), h([2, 0, 0, 0]))).toEqual(h([1, 9, 0, 0])));
  test("is the later reading for other bounds", () => {
    const other = { bounds: [1], counts: [1, 0], sum: 1, count: 1 };
    expect(difference(h([1, 1, 1, 1]), other)).toEqual(h([1, 1, 1, 1]));
  });
});

describe("quantile", () => {
  test("of nothing is nothing", () => expect(quantile(h([0, 0, 0, 0]), 0.5)).toBeNull());
  test("is interpolated inside its bucket", () =>
    expect(quantile(h([0, 10, 0, 0]), 0.5)?.seconds).toBeCloseTo(0.0055));
  test("passes over empty buckets", () =>
    expect(quantile(h([10, 0, 10, 0]), 0.5)?.seconds).toBeCloseTo(0.001));
  test("above the last bound is only a lower limit", () => {
    expect(quantile(h([0, 0, 0, 4]), 0.99)).toEqual({ seconds: 0.1, above: true });
    expect(formatQuantile(quantile(h([0, 0, 0, 4]), 0.99))).toBe("> 100 ms");
  });
  test("grows with its share", () => {
    const values = [0, 0.1, 0.5, 0.9, 0.99, 1].map((p) => quantile(h([3, 5, 2, 0]), p)!.seconds);
    expect([...values].sort((a, b) => a - b)).toEqual(values);
  });
});

test("seconds are shown in the unit that fits", () => {
  expect(["0.000037", "0.0012", "0.45", "1.25", "60"].map((x) => formatSeconds(Number(x)))).toEqual(
    ["37 µs", "1.2 ms", "450 ms", "1.3 s", "60 s"],
  );
});
