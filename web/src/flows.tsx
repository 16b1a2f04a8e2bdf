// Flows: a live tail and a search of the flow log with filter patterns.
//
// A search shows the newest first and loads older ones on demand; the tail polls. Either keeps at
// most 1000 rows in the page and says so. The pattern counts once it is applied; what the endpoint
// says about a wrong one stands under it. Pattern, period and tail are the address.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Empty, Loading, Trouble, plural } from "./bits";
import { FlowRow } from "./flow_row";
import { PatternForm, isAboutPattern } from "./flow_pattern";
import { addCondition } from "./pattern";
import { PeriodPicker } from "./period";
import { formatRoute, go } from "./route";
import { kRowsMax } from "./tail";
import { formatTime } from "./time";
import { useSearch, useTail, type Found } from "./flow_sources";
import type { ViewProps } from "./app";

const kLengths: [string, string][] = [
  ["15m", "15 minutes"],
  ["1h", "1 hour"],
  ["6h", "6 hours"],
  ["24h", "24 hours"],
  ["7d", "7 days"],
  ["30d", "30 days"],
];

export function Flows({ route, status }: ViewProps) {
  const { pattern = "", from = "", to = "", live = "" } = route.query;
  const show = (change: Record<string, string>) =>
    go(formatRoute("/flows", { pattern, from, to, live, ...change }));
  const tail = useTail(live === "1" ? status.group : null, pattern);
  const search = useSearch(live === "1" ? null : status.group, pattern, from, to);
  const found = live === "1" ? tail : search;
  return (
    <>
      <div class="view-head">
        <h1>Flows</h1>
        <button
          type="button"
          class="live"
          aria-pressed={live === "1"}
          onClick={() => show({ live: live === "1" ? "" : "1" })}
        >
          <span aria-hidden="true">{live === "1" ? "❚❚" : "▶"}</span>
          {live === "1" ? " Stop the live tail" : " Live tail"}
        </button>
      </div>
      <PatternForm
        pattern={pattern}
        error={found.error}
        onApply={(text) => show({ pattern: text })}
      />
      <div class="row between">
        {live === "1" ? (
          <span class="note">New lines appear on top.</span>
        ) : (
          <PeriodPicker
            key={`${from} ${to}`}
            from={from}
            to={to}
            lengths={kLengths}
            otherwise="1h"
            onPick={(begin, end) => show({ from: begin, to: end })}
          />
        )}
        <Counts found={found} live={live === "1"} />
      </div>
      <Rows
        found={found}
        live={live === "1"}
        policy={status.policy}
        onFilter={(more) => show({ pattern: addCondition(pattern, more) })}
      />
    </>
  );
}

// How many, told when it is asked for; during a tail only now and then, for who listens.
function Counts({ found, live }: { found: Found; live: boolean }) {
  const count = plural(found.rows.length, "line");
  const [told, setTold] = useState("");
  const now = useRef(count);
  now.current = count;
  useEffect(() => {
    if (!live) return setTold("");
    const timer = setInterval(() => setTold(now.current), 15_000);
    return () => clearInterval(timer);
  }, [live]);
  return (
    <p class="note">
      <span aria-live={live ? "off" : "polite"}>
        {found.loading && found.rows.length === 0 ? "" : count}
        {found.reached !== null && ` back to ${formatTime(found.reached)}`}
        {found.rows.length >= kRowsMax && `, at most ${kRowsMax} are shown`}
        {found.skipped && ", some were left out: there were too many at once"}
      </span>
      <span class="unseen" aria-live="polite">
        {told}
      </span>
    </p>
  );
}

function Rows({
  found,
  live,
  policy,
  onFilter,
}: {
  found: Found;
  live: boolean;
  policy: boolean;
  onFilter: (more: string) => void;
}) {
  const list = useRef<HTMLUListElement>(null);
  const [open, setOpen] = useState<Set<string>>(new Set());
  const toggle = (id: string) =>
    setOpen((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const target = event.target as HTMLElement;
    if (!step || !target.classList.contains("flow-line")) return;
    event.preventDefault();
    const lines = [...list.current!.querySelectorAll<HTMLElement>(".flow-line")];
    lines[lines.indexOf(target) + step]?.focus();
  };
  // The status that is polled draws the view anew; a thousand rows need not be.
  const rows = useMemo(
    () =>
      found.rows.map((event) => (
        <FlowRow
          key={event.eventId}
          event={event}
          open={open.has(event.eventId)}
          policy={policy}
          onToggle={() => toggle(event.eventId)}
          onFilter={onFilter}
        />
      )),
    [found.rows, open, policy, location.search],
  );
  if (found.error && !isAboutPattern(found.error) && found.rows.length === 0) {
    return <Trouble error={found.error} retry={found.again} />;
  }
  if (found.rows.length === 0) {
    if (found.error) return null;
    if (found.loading && !live) return <Loading what="Searching…" />;
    return live ? (
      <Empty title="Waiting for the next line…">
        <p>Lines are shown within two seconds of the decision.</p>
      </Empty>
    ) : (
      <Empty title="No line matches in this period.">
        <p>
          Take a longer period, or another pattern. A pattern's <code>!=</code> does not find lines
          without the field.
        </p>
      </Empty>
    );
  }
  return (
    <>
      <ul class="flows" ref={list} onKeyDown={onKey} aria-label="Flow lines, newest first">
        {rows}
      </ul>
      {!live && (
        <div class="row center">
          {found.older ? (
            <button type="button" onClick={found.older} disabled={found.loading}>
              {found.loading ? "Searching…" : "Show older lines"}
            </button>
          ) : (
            <span class="note">
              {found.rows.length >= kRowsMax
                ? `The page holds ${kRowsMax} lines. Narrow the pattern or end the period earlier for others.`
                : "That is all of this period."}
            </span>
          )}
        </div>
      )}
    </>
  );
}
