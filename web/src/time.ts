// Times in addresses and on the screen: always UTC, as in the logs.
//
// A period in an address is a duration that ends now (`from=1h`), or two moments
// (`from=2026-11-22T03:15:00Z&to=…`), so a link to a moving window moves and one to an incident
// does not. The words are those of the command line. Tested by test/time.test.ts.

export interface Period {
  from: number;
  to: number;
}

const kUnits: Record<string, number> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5 };
const kDayMs = 864e5;

export function parseDuration(text: string): number | null {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  if (!match) return null;
  const value = Number(match[1]) * (kUnits[match[2]!] ?? 0);
  return value > 0 ? value : null;
}

// A moment: a duration (that long ago), a day, or a time with or without seconds; no zone is UTC.
export function parseMoment(text: string, now: number): number | null {
  const duration = parseDuration(text);
  if (duration !== null) return now - duration;
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,3})?)?)?Z?$/.exec(text);
  if (!match) return null;
  const value = Date.parse(`${match[1]}T${match[2] ?? "00:00"}${match[3] ?? ":00"}Z`);
  return Number.isNaN(value) ? null : value;
}

export function periodOf(from: string, to: string, now: number, otherwise: string): Period {
  const end = (to && parseMoment(to, now)) || now;
  const begin = parseMoment(from || otherwise, to ? end : now) ?? now - parseDuration(otherwise)!;
  return begin < end
    ? { from: begin, to: end }
    : { from: end - parseDuration(otherwise)!, to: end };
}

export const formatTime = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
export const formatDay = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

// "2026-11-22 03:15:00": what people read, and what Insights writes without the milliseconds.
export function formatMoment(time: number | string): string {
  const ms = typeof time === "number" ? time : Date.parse(time);
  if (Number.isNaN(ms)) return String(time);
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

// Of today the time alone, of other days the day too.
export function formatShort(ms: number, now: number): string {
  return formatDay(ms) === formatDay(now) ? formatTime(ms) : formatMoment(ms).slice(5);
}

// The time that Insights writes, "2026-11-22 03:15:00.123" in UTC.
export function parseInsightsTime(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/.test(text)) return null;
  const value = Date.parse(`${text.replace(" ", "T")}Z`);
  return Number.isNaN(value) ? null : value;
}

// "3 d 4 h": two units at most.
export function formatSpan(ms: number): string {
  let rest = Math.max(0, Math.round(ms / 1000));
  const parts: string[] = [];
  for (const [unit, size] of [
    ["d", 86400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ] as const) {
    const count = Math.floor(rest / size);
    if (count > 0 || parts.length > 0) parts.push(`${count} ${unit}`);
    rest -= count * size;
    if (parts.length === 2) break;
  }
  return parts.join(" ").replace(/ 0 \w+$/, "") || "0 s";
}

// Days of a period, in UTC, beginning with the first.
export const daysOf = (period: Period): number => Math.ceil((period.to - period.from) / kDayMs);

// The width of a column, so that a chart of the period has about a hundred.
export function binOf(span: number): { text: string; ms: number } {
  for (const [text, ms] of [
    ["1s", 1e3],
    ["5s", 5e3],
    ["10s", 1e4],
    ["30s", 3e4],
    ["1m", 6e4],
    ["5m", 3e5],
    ["10m", 6e5],
    ["30m", 18e5],
    ["1h", 36e5],
    ["6h", 216e5],
  ] as const) {
    if (span / ms <= 150) return { text, ms };
  }
  return { text: "1d", ms: kDayMs };
}
