// Where the rows of the flows come from: a search that walks back, and a tail that polls.
//
// Both give the same: rows newest first, what went wrong, and how to go on. A tail that cannot keep
// up skips to the newest and says so, instead of falling behind for ever. It rests while the page
// is hidden, and then shows what came meanwhile.
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, filterEvents, isAbort } from "./api";
import { Tail, kRowsMax, prepend } from "./tail";
import { periodOf, type Period } from "./time";
import { walkBack } from "./walk";
import type { LogEvent } from "./types";

export interface Found {
  rows: LogEvent[];
  loading: boolean;
  error: Error | null;
  reached: number | null; // back to when everything was looked at
  skipped: boolean;
  older: (() => void) | null;
  again: () => void;
}

const kPage = 100;
const kTailMs = 2000;
const kTailBackMs = 60_000;
const kTailPages = 5;

interface SearchState {
  rows: LogEvent[];
  rest: Period | null;
  loading: boolean;
  error: Error | null;
  reached: number | null;
  skipped: boolean;
}

const kNothing: SearchState = {
  rows: [],
  rest: null,
  loading: false,
  error: null,
  reached: null,
  skipped: false,
};

export function useSearch(group: string | null, pattern: string, from: string, to: string): Found {
  const [state, setState] = useState(kNothing);
  const [turn, setTurn] = useState(0);
  const stop = useRef<AbortController | null>(null);

  const look = async (period: Period, old: LogEvent[]) => {
    stop.current?.abort();
    const mine = (stop.current = new AbortController());
    setState((s) => ({ ...s, rows: old, loading: true, error: null }));
    try {
      const walk = await walkBack(
        (begin, end, limit, token) =>
          filterEvents(
            { group: group!, stream: "flow", pattern, from: begin, to: end, limit, token },
            mine.signal,
          ),
        period,
        kPage,
      );
      const rows = [...old, ...walk.events].slice(0, kRowsMax);
      if (mine.signal.aborted) return;
      setState((s) => ({
        rows,
        rest: rows.length < kRowsMax ? walk.rest : null,
        loading: false,
        error: null,
        reached: walk.rest ? walk.rest.to : null,
        skipped: s.skipped || walk.cut,
      }));
    } catch (error) {
      if (isAbort(error) || mine.signal.aborted) return;
      setState((s) => ({ ...s, loading: false, error: error as Error }));
    }
  };
  useEffect(() => {
    setState(kNothing);
    if (group !== null) void look(periodOf(from, to, Date.now() + 1000, "1h"), []);
    return () => stop.current?.abort();
  }, [group, pattern, from, to, turn]);
  const { rest, ...shown } = state;
  return {
    ...shown,
    older: rest && (() => void look(rest, state.rows)),
    again: () => setTurn((n) => n + 1),
  };
}

async function tailPage(group: string, pattern: string, tail: Tail, signal: AbortSignal) {
  const events: LogEvent[] = [];
  let token: string | undefined;
  for (let page = 0; page < kTailPages; ++page) {
    const answer = await filterEvents(
      { group, stream: "flow", pattern, from: tail.since, limit: kRowsMax, token },
      signal,
    );
    events.push(...answer.events);
    token = answer.nextToken;
    if (!token) return { fresh: tail.take(events), skipped: false };
  }
  const fresh = tail.take(events);
  tail.advance(Date.now());
  return { fresh, skipped: true };
}

export function useTail(group: string | null, pattern: string): Found {
  const [state, setState] = useState(kNothing);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    setState({ ...kNothing, loading: group !== null });
    if (group === null) return;
    const stop = new AbortController();
    const tail = new Tail(Date.now() - kTailBackMs);
    let timer = 0;
    const poll = async () => {
      if (!document.hidden) {
        try {
          const { fresh, skipped } = await tailPage(group, pattern, tail, stop.signal);
          setState((s) => ({
            ...s,
            rows: prepend(fresh, s.rows),
            loading: false,
            error: null,
            skipped: s.skipped || skipped,
          }));
        } catch (error) {
          if (isAbort(error)) return;
          setState((s) => ({ ...s, loading: false, error: error as Error }));
          if (error instanceof ApiError && error.status === 400) return; // the pattern is wrong
        }
      }
      if (!stop.signal.aborted) timer = window.setTimeout(poll, kTailMs);
    };
    void poll();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [group, pattern, turn]);
  return { ...state, older: null, again: () => setTurn((n) => n + 1) };
}
