// The config log as a history: what the gateway took in, like the differences of a file.
//
// Lines of one moment stand together: + for what came, − for what went, with what was rejected or
// warned about marked in words. The newest first; older ones on demand, at most 1000 in the page.
import { useEffect, useRef, useState } from "preact/hooks";
import { filterEvents, isAbort } from "./api";
import { Choice, Empty, Loading, Trouble, plural } from "./bits";
import { parseRecord, signOf } from "./flow";
import { groupByMoment, subjectOf } from "./history";
import { PeriodPicker } from "./period";
import { formatRoute, go } from "./route";
import { kRowsMax } from "./tail";
import { formatMoment, periodOf, type Period } from "./time";
import { walkBack } from "./walk";
import type { ConfigRecord, LogEvent } from "./types";
import type { ViewProps } from "./app";

const kLengths: [string, string][] = [
  ["1h", "1 hour"],
  ["24h", "1 day"],
  ["7d", "7 days"],
  ["30d", "30 days"],
  ["90d", "90 days"],
];
const kCategories: [string, string][] = [
  ["", "everything"],
  ["problems", "problems"],
  ["addr", "names and addresses"],
  ["wildcard-addr", "wildcards"],
  ["client", "clients"],
  ["see-thru", "see-thru"],
  ["self", "the gateway itself"],
];
const kPage = 200;

function patternOf(category: string): string {
  if (category === "problems") return '{ $.outcome = "rejected" || $.outcome = "warning" }';
  return category ? `{ $.cat = "${category}" }` : "";
}

interface State {
  events: LogEvent[];
  rest: Period | null;
  loading: boolean;
  error: Error | null;
}

export function History({ route, status }: ViewProps) {
  const { from = "", to = "", category = "" } = route.query;
  const known = kCategories.some(([id]) => id === category) ? category : "";
  const [state, setState] = useState<State>({ events: [], rest: null, loading: true, error: null });
  const stop = useRef<AbortController | null>(null);
  const look = async (period: Period, old: LogEvent[]) => {
    stop.current?.abort();
    const mine = (stop.current = new AbortController());
    setState((s) => ({ ...s, events: old, loading: true, error: null }));
    try {
      const walk = await walkBack(
        (begin, end, limit, token) =>
          filterEvents(
            {
              group: status.group,
              stream: "config",
              pattern: patternOf(known),
              from: begin,
              to: end,
              limit,
              token,
            },
            mine.signal,
          ),
        period,
        kPage,
      );
      const events = [...old, ...walk.events].slice(0, kRowsMax);
      setState({
        events,
        rest: events.length < kRowsMax ? walk.rest : null,
        loading: false,
        error: null,
      });
    } catch (error) {
      if (!isAbort(error)) setState((s) => ({ ...s, loading: false, error: error as Error }));
    }
  };
  const again = () => void look(periodOf(from, to, Date.now() + 1000, "7d"), []);
  useEffect(() => {
    again();
    return () => stop.current?.abort();
  }, [from, to, known, status.group]);
  const show = (change: Record<string, string>) =>
    go(formatRoute("/policy", { ...route.query, ...change }));
  return (
    <>
      <div class="row">
        <Choice
          label="What"
          value={known}
          options={kCategories}
          onPick={(id) => show({ category: id })}
        />
        <PeriodPicker
          key={`${from} ${to}`}
          from={from}
          to={to}
          lengths={kLengths}
          otherwise="7d"
          onPick={(begin, end) => show({ from: begin, to: end })}
        />
        <p class="note" aria-live="polite">
          {state.loading ? "" : plural(state.events.length, "change")}
        </p>
      </div>
      {state.error && state.events.length === 0 ? (
        <Trouble error={state.error} retry={again} />
      ) : state.events.length === 0 ? (
        state.loading ? (
          <Loading what="Reading the config log…" />
        ) : (
          <Empty title="Nothing changed in this period.">
            <p>Take a longer one, or another kind of change.</p>
          </Empty>
        )
      ) : (
        <Moments events={state.events} />
      )}
      {state.rest && state.events.length > 0 && (
        <div class="row center">
          <button
            type="button"
            disabled={state.loading}
            onClick={() => void look(state.rest!, state.events)}
          >
            Show older changes
          </button>
        </div>
      )}
      {state.events.length >= kRowsMax && (
        <p class="note">The page holds {kRowsMax} changes; end the period earlier for others.</p>
      )}
    </>
  );
}

function Moments({ events }: { events: LogEvent[] }) {
  const lines = events.map((event) => ({
    id: event.eventId,
    time: event.timestamp,
    record: parseRecord<ConfigRecord>(event.message),
    text: event.message,
  }));
  return (
    <ol class="history">
      {groupByMoment(lines).map((moment) => (
        <li key={moment.lines[0]!.id} class="moment">
          <h2>
            <time>{formatMoment(moment.time)}</time>{" "}
            <span class="note">{plural(moment.lines.length, "change")}</span>
          </h2>
          <ul class="diff">
            {moment.lines.map((line) =>
              line.record ? (
                <Change key={line.id} record={line.record} />
              ) : (
                <li key={line.id} class="breakable mono">
                  {line.text.slice(0, 500)}
                </li>
              ),
            )}
          </ul>
        </li>
      ))}
    </ol>
  );
}

function Change({ record }: { record: ConfigRecord }) {
  const { what, where } = subjectOf(record);
  return (
    <li class={`change ${record.outcome}`}>
      <span class="sign" aria-hidden="true">
        {signOf(record)}
      </span>
      <span class="unseen">{record.outcome} </span>
      <span class="change-text">
        <span class="tag">{record.cat}</span> <span class="breakable name">{what}</span>
        {where && <span class="note breakable"> {where}</span>}
        {record.outcome !== "accepted" && record.outcome !== "removed" && <b> {record.outcome} </b>}
        {record.reason && (
          <span class={`change-reason breakable ${what ? "" : "first"}`}>{record.reason}</span>
        )}
      </span>
    </li>
  );
}
