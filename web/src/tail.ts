// A live tail by polling: what is new in each page, once.
//
// Lines reach the disk up to a second late and in the order of writing, so each poll asks again for
// the last seconds and the ids of these are remembered. Nothing grows: ids older than the overlap
// are forgotten, rows beyond the limit fall off at the old end. Tested by test/tail.test.ts.
import type { LogEvent } from "./types";

export const kOverlapMs = 5000;
export const kRowsMax = 1000;

export class Tail {
  private readonly seen = new Map<string, number>();
  private newest: number;

  constructor(from: number) {
    this.newest = from;
  }

  // Where the next poll begins.
  get since(): number {
    return this.newest - kOverlapMs;
  }

  // The events not told before, newest first.
  take(events: LogEvent[]): LogEvent[] {
    const fresh = events.filter((event) => !this.seen.has(event.eventId));
    for (const event of fresh) {
      this.seen.set(event.eventId, event.timestamp);
      this.newest = Math.max(this.newest, event.timestamp);
    }
    for (const [id, time] of this.seen) if (time < this.since) this.seen.delete(id);
    return fresh.reverse();
  }

  // Nothing was found up to here; the clock of the gateway said so.
  advance(to: number): void {
    this.newest = Math.max(this.newest, to);
  }
}

// New rows above the old ones, within the limit.
export function prepend<T>(fresh: T[], rows: T[], limit = kRowsMax): T[] {
  return fresh.length === 0 ? rows : [...fresh, ...rows].slice(0, limit);
}
