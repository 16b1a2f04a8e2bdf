// Lines of the config log, put together as people think of them: one change of mind, one moment.
//
// Lines within two seconds of each other belong together: a policy is taken in at once, but its
// lines may be written across a second's end. Tested by test/history.test.ts.
import type { ConfigRecord } from "./types";

const kTogetherMs = 2000;

export interface Moment<T> {
  time: number; // of its newest line
  lines: T[];
}

// `lines` come newest first; the lines of a moment stand in the order they were written.
export function groupByMoment<T extends { time: number }>(lines: T[]): Moment<T>[] {
  const moments: Moment<T>[] = [];
  for (const line of lines) {
    const last = moments[moments.length - 1];
    if (last && last.time - line.time <= kTogetherMs) {
      last.lines.unshift(line);
    } else {
      moments.push({ time: line.time, lines: [line] });
    }
  }
  return moments;
}

export function subjectOf(record: ConfigRecord): { what: string; where: string } {
  const client = record.client ?? record.subnet ?? "";
  if (record.addr) {
    const proto = record.proto ? `${record.proto} ` : "";
    return {
      what: `${proto}${record.addr}${record.http_path ?? ""}`,
      where: [record.gid && `in ${record.gid}`, client && `for ${client}`]
        .filter(Boolean)
        .join(" "),
    };
  }
  if (record.thru_date) {
    return {
      what: `see-thru until ${record.thru_date}`,
      where: [record.gid && `in ${record.gid}`, client && `for ${client}`]
        .filter(Boolean)
        .join(" "),
    };
  }
  if (client) return { what: client, where: record.gid ? `in ${record.gid}` : "" };
  return { what: record.gid ?? "", where: "" };
}
