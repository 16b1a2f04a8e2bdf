// The queries of the overview, and connections per second out of their counts.
//
// A column without any line is a zero, not a gap: nothing was logged in it. The last column may be
// under way: it counts for the time that has passed, a second at least, so that it does not look like
// a drop. Tested by test/rates.test.ts.
import type { Row } from "./csv";
import type { Series } from "./series";
import { parseInsightsTime } from "./time";

export const kPeriods = [
  { id: "15m", name: "15 min", span: 9e5, bin: 1e4, binText: "10s", every: 5000 },
  { id: "1h", name: "hour", span: 36e5, bin: 3e4, binText: "30s", every: 10_000 },
  { id: "6h", name: "6 hours", span: 216e5, bin: 18e4, binText: "3m", every: 30_000 },
  { id: "24h", name: "24 hours", span: 864e5, bin: 6e5, binText: "10m", every: 60_000 },
];

export const seriesQuery = (bin: string): string =>
  `filter outcome in ["allowed", "disallowed"]
| stats count(*) as n by bin(${bin}) as t, cat, outcome, see_thru_exerted`;

export const reasonQuery = `filter outcome = "disallowed"
| parse reason /^(?<slug>[a-z0-9-]+)/
| stats count(*) as n, latest(reason) as example by slug
| sort n desc | limit 10`;

export const nameQuery = `filter outcome = "disallowed"
| stats count(*) as n, count_distinct(if(cat = "client", src, dst)) as clients,
  latest(reason) as why by dhost
| sort n desc | limit 10`;

function lineOf(row: Row): number {
  if (row.outcome === "disallowed") return 1;
  if (row.cat === "server") return -1; // counted with its client line
  return row.see_thru_exerted === "1" ? 2 : 0;
}

export function rateSeries(rows: Row[], from: number, to: number, bin: number): Series {
  const times: number[] = [];
  for (let t = Math.ceil(from / bin) * bin; t < to; t += bin) times.push(t);
  const lines = ["allowed", "refused", "by see-thru"].map((label) => ({
    label,
    values: times.map(() => 0) as (number | null)[],
  }));
  for (const row of rows) {
    const at = ((parseInsightsTime(row.t ?? "") ?? -1) - (times[0] ?? 0)) / bin;
    const line = lines[lineOf(row)];
    if (!line || !Number.isInteger(at) || at < 0 || at >= times.length) continue;
    const width = Math.min(bin, Math.max(1000, to - times[at]!));
    line.values[at] = line.values[at]! + (Number(row.n) * 1000) / width;
  }
  return { times, lines };
}
