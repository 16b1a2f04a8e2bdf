// The newest matching events first, of an API that only reads forwards.
//
// FilterLogEvents begins at the old end. So the period is walked back in windows: a window with
// more matches than fit is halved, one with few makes the next wider. A window of a second that
// still overflows is taken as it is, and `cut` says so. Each page is one request, with its own
// limits in the gateway. Tested by test/walk.test.ts.
import type { EventPage, LogEvent } from "./types";
import type { Period } from "./time";

export type Fetch = (from: number, to: number, limit: number, token?: string) => Promise<EventPage>;

export interface Walk {
  events: LogEvent[]; // newest first
  rest: Period | null; // what was not looked at yet
  cut: boolean;
}

const kWindowMs = 60_000;
const kSmallestMs = 1000;

async function fill(fetch: Fetch, from: number, to: number, limit: number) {
  const events: LogEvent[] = [];
  let token: string | undefined;
  do {
    const page: EventPage = await fetch(from, to, limit - events.length, token);
    events.push(...page.events);
    token = page.nextToken;
  } while (token && events.length < limit);
  return { events, more: token !== undefined };
}

export async function walkBack(fetch: Fetch, period: Period, want: number): Promise<Walk> {
  const found: LogEvent[] = [];
  let end = period.to;
  let width = Math.min(kWindowMs, period.to - period.from);
  let cut = false;
  while (end > period.from && found.length < want) {
    const from = Math.max(period.from, end - width);
    const { events, more } = await fill(fetch, from, end, want);
    if (more && end - from > kSmallestMs) {
      width = Math.max(kSmallestMs, Math.floor((end - from) / 4));
      continue;
    }
    cut ||= more;
    found.push(...events.reverse());
    end = from;
    width *= events.length * 4 < want ? 8 : 1;
  }
  // endTime is exclusive in the walk: a window ends where the one before it began.
  return { events: found, rest: end > period.from ? { from: period.from, to: end } : null, cut };
}
