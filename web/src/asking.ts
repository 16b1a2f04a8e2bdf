// Hooks for what a view asks: once, or again and again while somebody looks.
//
// `useAnswer` keeps the last answer while the next one comes, so that nothing flickers; an answer
// to an older question is never shown. `usePoll` rests while the page is hidden, and never asks
// before the last answer came; behind a slow answer it waits longer.
import { useEffect, useRef, useState } from "preact/hooks";
import { isAbort } from "./api";

export interface Answer<T> {
  value: T | null;
  error: Error | null;
  loading: boolean;
  again: () => void;
}

type Ask<T> = (signal: AbortSignal) => Promise<T>;

export function useAnswer<T>(ask: Ask<T> | null, inputs: unknown[]): Answer<T> {
  const [state, setState] = useState<{ value: T | null; error: Error | null; loading: boolean }>({
    value: null,
    error: null,
    loading: ask !== null,
  });
  const [turn, setTurn] = useState(0);
  const key = JSON.stringify(inputs);
  const last = useRef(key);
  useEffect(() => {
    if (!ask) return setState({ value: null, error: null, loading: false });
    const stop = new AbortController();
    const same = last.current === key;
    last.current = key;
    setState((old) => ({ value: same ? old.value : null, error: null, loading: true }));
    ask(stop.signal).then(
      (value) => !stop.signal.aborted && setState({ value, error: null, loading: false }),
      (error) =>
        !stop.signal.aborted &&
        !isAbort(error) &&
        setState((old) => ({ value: same ? old.value : null, error, loading: false })),
    );
    return () => stop.abort();
  }, [key, turn, ask === null]);
  return { ...state, again: () => setTurn((n) => n + 1) };
}

export function usePoll<T>(ask: Ask<T> | null, everyMs: number, inputs: unknown[]): Answer<T> {
  const answer = useAnswer(ask, inputs);
  const begun = useRef(0);
  if (answer.loading && begun.current === 0) begun.current = performance.now();
  useEffect(() => {
    if (!ask || answer.loading) return;
    const took = begun.current ? performance.now() - begun.current : 0;
    begun.current = 0;
    let due = false;
    const next = () => {
      if (document.hidden) due = true;
      else answer.again();
    };
    const timer = setTimeout(next, Math.max(everyMs, Math.min(took * 5, 60_000)));
    const wake = () => !document.hidden && due && answer.again();
    document.addEventListener("visibilitychange", wake);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", wake);
    };
  }, [answer.loading, everyMs, ask === null]);
  return answer;
}

// What follows typing: the value, once it has rested.
export function useRested<T>(value: T, ms: number): T {
  const [rested, setRested] = useState(value);
  const key = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms);
    return () => clearTimeout(timer);
  }, [key]);
  return rested;
}
