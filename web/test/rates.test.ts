// Rates of the overview: counts to connections per second, with zeros where nothing was logged.
import { expect, test } from "vitest";
import { kPeriods, rateSeries } from "../src/rates";

const kFrom = Date.parse("2026-11-22T03:00:00Z");
const row = (second: number, cat: string, outcome: string, n: number, exerted?: string) =>
  ({
    t: `2026-11-22 03:00:${String(second).padStart(2, "0")}.000`,
    cat,
    outcome,
    n: String(n),
    ...(exerted ? { see_thru_exerted: exerted } : {}),
  }) as Record<string, string>;

test("lines are allowed, refused and by see-thru", () => {
  const { times, lines } = rateSeries(
    [
      row(0, "client", "allowed", 20),
      row(0, "server", "allowed", 20),
      row(10, "client", "disallowed", 5),
      row(10, "server", "disallowed", 5),
      row(20, "client", "allowed", 10, "1"),
      row(20, "client", "allowed", 30, "0"),
    ],
    kFrom,
    kFrom + 4e4,
    1e4,
  );
  expect(times).toHaveLength(4);
  expect(lines.map((line) => line.values)).toEqual([
    [2, 0, 3, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
  ]);
});

test("a column under way counts for the time that has passed", () => {
  const rate = (passed: number) =>
    rateSeries([row(30, "client", "allowed", 8)], kFrom, kFrom + 3e4 + passed, 1e4).lines[0]!.values;
  expect(rate(4000)).toEqual([0, 0, 0, 2]);
  expect(rate(10)).toEqual([0, 0, 0, 8]);
  expect(rate(1e4)).toEqual([0, 0, 0, 0.8]);
});

test("rows outside of the period are left out", () =>
  expect(
    rateSeries([row(50, "client", "allowed", 9)], kFrom, kFrom + 4e4, 1e4).lines[0]!.values,
  ).toEqual([0, 0, 0, 0]));

test("each period has whole columns, a hundred or so", () => {
  for (const { span, bin } of kPeriods) {
    expect(span % bin).toBe(0);
    expect(span / bin).toBeLessThanOrEqual(150);
  }
});
