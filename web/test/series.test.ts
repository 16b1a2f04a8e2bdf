// Series out of tables: which tables are charts, and what their lines are.
import { describe, expect, test } from "vitest";
import { kLinesMax, seriesOf } from "../src/series";

const at = (minute: number) => `2026-11-22 03:${String(minute).padStart(2, "0")}:00.000`;

describe("seriesOf", () => {
  test("one number for each time is one line", () =>
    expect(
      seriesOf(
        ["bin(1m)", "n"],
        [
          { "bin(1m)": at(1), n: "2" },
          { "bin(1m)": at(0), n: "1" },
        ],
      )?.lines,
    ).toEqual([{ label: "n", values: [1, 2] }]));

  test("a key splits counts into lines; what is missing is zero", () =>
    expect(
      seriesOf(
        ["t", "outcome", "n"],
        [
          { t: at(0), outcome: "allowed", n: "5" },
          { t: at(0), outcome: "disallowed", n: "1" },
          { t: at(1), outcome: "allowed", n: "7" },
        ],
      )?.lines,
    ).toEqual([
      { label: "allowed", values: [5, 7] },
      { label: "disallowed", values: [1, 0] },
    ]));

  test("an average of nothing is a gap", () =>
    expect(
      seriesOf(
        ["t", "k", "avg"],
        [
          { t: at(0), k: "a", avg: "0.5" },
          { t: at(1), k: "a", avg: "1.5" },
          { t: at(1), k: "b", avg: "2" },
        ],
      )?.lines[1],
    ).toEqual({ label: "b", values: [null, 2] }));

  test("numbers may be keys", () =>
    expect(
      seriesOf(
        ["t", "dpt", "n"],
        [
          { t: at(0), dpt: "22", n: "1" },
          { t: at(0), dpt: "443", n: "2" },
        ],
      )?.lines.map((line) => line.label),
    ).toEqual(["22", "443"]));

  test("many lines are cut, and nothing of a count is lost", () => {
    const rows = Array.from({ length: 30 }, (_, i) => ({ t: at(i % 2), k: `k${i}`, n: String(i) }));
    const lines = seriesOf(["t", "k", "n"], rows)!.lines;
    expect(lines).toHaveLength(kLinesMax);
    const total = lines
      .flatMap((line) => line.values)
      .reduce<number>((sum, v) => sum + (v ?? 0), 0);
    expect(total).toBe((29 * 30) / 2);
  });

  test.each([
    [
      "no time",
      ["k", "n"],
      [
        { k: "a", n: "1" },
        { k: "b", n: "2" },
      ],
    ],
    [
      "no number",
      ["t", "k"],
      [
        { t: at(0), k: "a" },
        { t: at(1), k: "b" },
      ],
    ],
    ["one row", ["t", "n"], [{ t: at(0), n: "1" }]],
    ["nothing", [], []],
  ])("%s is no chart", (_, columns, rows) =>
    expect(seriesOf(columns as string[], rows as unknown as Record<string, string>[])).toBeNull(),
  );
});
