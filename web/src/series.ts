// Tables as series of numbers over time: what a chart of a bin() query needs.
//
// The first column is the time. One more column of numbers is a series, several are several; a
// column of texts splits the numbers into a series for each value. The largest are shown, the rest
// is added up as "other" for counts. Where all numbers are counts, a combination without a row is a
// zero; an average of nothing is a gap. Tested by test/series.test.ts.
import type { Row } from "./csv";
import { parseInsightsTime } from "./time";

export interface Series {
  times: number[]; // milliseconds, ascending
  lines: { label: string; values: (number | null)[] }[];
}

export const kLinesMax = 8;

const isNumber = (text: string): boolean => text !== "" && Number.isFinite(Number(text));

function columnsOf(columns: string[], rows: Row[]) {
  const rest = columns.slice(1);
  const numbers = rest.filter(
    (c) =>
      rows.every((row) => row[c] === undefined || isNumber(row[c]!)) &&
      rows.some((row) => row[c] !== undefined),
  );
  return { keys: rest.filter((c) => !numbers.includes(c)), numbers };
}

// null: no chart; the first column is no time, or there is nothing to draw.
export function seriesOf(columns: string[], rows: Row[]): Series | null {
  const time = columns[0];
  if (!time || rows.length < 2) return null;
  const moments = rows.map((row) => parseInsightsTime(row[time] ?? ""));
  if (moments.some((moment) => moment === null)) return null;
  let { keys, numbers } = columnsOf(columns, rows);
  if (keys.length === 0 && numbers.length > 1 && new Set(moments).size < moments.length) {
    keys = numbers.slice(0, -1); // numbers that are keys, such as ports
    numbers = numbers.slice(-1);
  }
  if (numbers.length === 0) return null;
  const times = [...new Set(moments as number[])].sort((a, b) => a - b);
  const place = new Map(times.map((t, i) => [t, i]));
  const lines = new Map<string, (number | null)[]>();
  rows.forEach((row, i) => {
    const name = keys.map((key) => row[key] ?? "–").join(" · ");
    for (const column of numbers) {
      const label = keys.length === 0 ? column : numbers.length === 1 ? name : `${name} ${column}`;
      let values = lines.get(label);
      if (!values) lines.set(label, (values = times.map(() => null)));
      const at = place.get(moments[i]!)!;
      if (row[column] !== undefined) values[at] = (values[at] ?? 0) + Number(row[column]);
    }
  });
  if (keys.length > 0 && rows.every((row) => numbers.every((c) => /^\d*$/.test(row[c] ?? "")))) {
    for (const values of lines.values()) values.forEach((v, i) => (values[i] = v ?? 0));
  }
  return { times, lines: largest([...lines].map(([label, values]) => ({ label, values }))) };
}

function largest(lines: Series["lines"]): Series["lines"] {
  if (lines.length <= kLinesMax) return lines;
  const total = (line: Series["lines"][number]) =>
    line.values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
  const sorted = [...lines].sort((a, b) => total(b) - total(a));
  const rest = sorted.slice(kLinesMax - 1);
  const other = rest[0]!.values.map((_, i) =>
    rest.reduce<number>((sum, line) => sum + (line.values[i] ?? 0), 0),
  );
  return [...sorted.slice(0, kLinesMax - 1), { label: `${rest.length} others`, values: other }];
}
