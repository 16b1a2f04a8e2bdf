// Insights: a query editor, its result as a table, and a chart where the first column is a time.
//
// The query and its period are the address, so a link asks the question again. A mistake is marked
// at its place in the editor. A query that runs can be stopped; what was found so far shows
// meanwhile.
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, isAbort, runQuery, type QueryResult } from "./api";
import { Empty, Loading, Trouble } from "./bits";
import { Editor } from "./insights_editor";
import { Help } from "./insights_help";
import { Result } from "./insights_result";
import { PeriodPicker } from "./period";
import { formatRoute, go } from "./route";
import { periodOf } from "./time";
import type { ViewProps } from "./app";

const kLengths: [string, string][] = [
  ["15m", "15 minutes"],
  ["1h", "1 hour"],
  ["6h", "6 hours"],
  ["24h", "24 hours"],
  ["7d", "7 days"],
  ["30d", "30 days"],
  ["90d", "90 days"],
];
const kFirst = `filter outcome = "disallowed"
| stats count(*) as refused by dhost, reason
| sort refused desc
| limit 20`;

interface Run {
  result: QueryResult | null;
  error: Error | null;
  running: boolean;
  took: number;
}

const kIdle: Run = { result: null, error: null, running: false, took: 0 };

export function Insights({ route, status }: ViewProps) {
  const { query = "", from = "", to = "" } = route.query;
  const [text, setText] = useState(query || kFirst);
  const [run, setRun] = useState(kIdle);
  const [turn, setTurn] = useState(0);
  const [help, setHelp] = useState(false);
  const stop = useRef<AbortController | null>(null);

  useEffect(() => {
    if (query) setText(query);
  }, [query]);
  useEffect(() => {
    setRun(kIdle);
    if (!query) return;
    const mine = (stop.current = new AbortController());
    const begun = performance.now();
    const period = periodOf(from, to, Date.now(), "1h");
    const tell = (change: Partial<Run>) =>
      !mine.signal.aborted &&
      setRun((old) => ({ ...old, ...change, took: performance.now() - begun }));
    tell({ running: true });
    runQuery(status.group, query, period.from, period.to, mine.signal, (result) =>
      tell({ result }),
    ).then(
      (result) => tell({ result, running: false }),
      (error) =>
        isAbort(error)
          ? setRun((old) => ({ ...old, running: false }))
          : tell({ error, running: false }),
    );
    return () => mine.abort();
  }, [query, from, to, status.group, turn]);

  const start = (other = text) => {
    const wanted = other.trim();
    if (!wanted) return;
    setText(other);
    if (wanted === query) setTurn((n) => n + 1);
    else go(formatRoute("/insights", { query: wanted, from, to }));
  };
  const place = run.error instanceof ApiError ? run.error.place : null;
  return (
    <>
      <div class="view-head">
        <h1>Insights</h1>
        <button type="button" class="quiet" aria-expanded={help} onClick={() => setHelp(!help)}>
          {help ? "Hide help" : "Help and examples"}
        </button>
      </div>
      <div class={help ? "ask with-help" : "ask"}>
        <div>
          <Editor
            text={text}
            onText={setText}
            onRun={() => start()}
            error={place && run.error ? { place, message: run.error.message, query } : null}
          />
          <div class="row between">
            <div class="row">
              {run.running ? (
                <button type="button" class="primary" onClick={() => stop.current?.abort()}>
                  Stop
                </button>
              ) : (
                <button type="button" class="primary" onClick={() => start()}>
                  Run
                </button>
              )}
              <PeriodPicker
                key={`${from} ${to}`}
                from={from}
                to={to}
                lengths={kLengths}
                otherwise="1h"
                onPick={(begin, end) =>
                  go(formatRoute("/insights", { query: query || text, from: begin, to: end }))
                }
              />
            </div>
            <p class="note" role="status">
              {run.running ? "Running…" : run.result ? `${(run.took / 1000).toFixed(2)} s` : ""}
            </p>
          </div>
        </div>
        {help && <Help onPick={start} />}
      </div>
      {run.error && !place ? (
        <Trouble error={run.error} retry={() => setTurn((n) => n + 1)} />
      ) : run.result && run.result.rows.length > 0 ? (
        <Result result={run.result} query={query} />
      ) : run.running ? (
        <Loading what="The query runs…" />
      ) : run.result ? (
        <Empty title="No row.">
          <p>The query found nothing in this period. Take a longer one, or loosen its filter.</p>
        </Empty>
      ) : (
        !run.error && (
          <Empty title="Ask the logs a question.">
            <p>
              Write a query and run it with the button or Ctrl+Enter; the examples are a beginning.
            </p>
          </Empty>
        )
      )}
    </>
  );
}
