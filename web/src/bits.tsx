// Small parts that all views share: states, badges, copying, tabs, a field with a label.
//
// A colour never stands alone: a badge has a sign and a word. Errors of the endpoint are shown in
// its own words, with what to do next. A copy says that it was done, to a screen reader too.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "./api";
import { outcomeWords, type Outcome } from "./flow";

const kSigns: Record<Outcome, string> = { allowed: "✓", refused: "✕", "see-thru": "◐" };

export function OutcomeBadge({ outcome }: { outcome: Outcome }) {
  return (
    <span class={`badge ${outcome}`}>
      <span aria-hidden="true">{kSigns[outcome]}</span> {outcomeWords[outcome]}
    </span>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="state">
      <p class="state-title">{title}</p>
      {children}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <div class="state loading" role="status">
      <span class="spinner" aria-hidden="true" />
      {what}
    </div>
  );
}

// What went wrong, and what to do about it.
export function Trouble({ error, retry }: { error: Error; retry?: () => void }) {
  const silent = error instanceof ApiError && error.status === 0;
  const login = error instanceof ApiError && error.status === 401;
  return (
    <div class="state trouble" role="alert">
      <p class="state-title">
        {silent ? "No answer" : login ? "Login needed" : "That did not work"}
      </p>
      <p class="clip">
        {silent
          ? "The endpoint does not answer. It is asked again by itself; see that discriminat runs."
          : error.message}
      </p>
      {login ? (
        <a class="button" href="/login">
          Log in
        </a>
      ) : (
        retry && (
          <button type="button" onClick={retry}>
            Try again
          </button>
        )
      )}
    </div>
  );
}

export function isWithoutPolicy(error: Error | null): boolean {
  return error instanceof ApiError && error.status === 404;
}

export function NoPolicy({ what }: { what: string }) {
  return (
    <Empty title="This endpoint has no policy">
      <p>
        {what} Start <code>discriminat serve --policy FILE</code> with the gateway's configuration
        file, or ask the gateway itself. Flows and Insights work without.
      </p>
    </Empty>
  );
}

export function Copy({ text, what }: { text: string; what: string }) {
  const [done, setDone] = useState(0);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(0), 2500);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <button type="button" class="copy" onClick={() => copyText(text).then(() => setDone(done + 1))}>
      {done ? "Copied" : "Copy"}
      <span class="unseen"> {what}</span>
      <span class="unseen" role="status">
        {done ? "copied" : ""}
      </span>
    </button>
  );
}

// The clipboard interface exists on loopback and over TLS; elsewhere a selection does it.
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

export function Panel({
  title,
  children,
  aside,
  class: name = "",
}: {
  title: string;
  children: ComponentChildren;
  aside?: ComponentChildren;
  class?: string;
}) {
  return (
    <section class={`panel ${name}`}>
      <header class="panel-head">
        <h2>{title}</h2>
        {aside && <div class="aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}

export function Tabs({
  label,
  tabs,
  value,
  onPick,
}: {
  label: string;
  tabs: [string, string][];
  value: string;
  onPick: (id: string) => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const at = (tabs.findIndex(([id]) => id === value) + step + tabs.length) % tabs.length;
    onPick(tabs[at]![0]);
    list.current?.querySelectorAll<HTMLElement>('[role="tab"]')[at]?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKey}>
      {tabs.map(([id, name]) => (
        <button
          type="button"
          role="tab"
          key={id}
          id={`tab-${id}`}
          aria-selected={id === value}
          aria-controls={`panel-${id}`}
          tabIndex={id === value ? 0 : -1}
          onClick={() => onPick(id)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

interface Pick {
  label: string;
  value: string;
  options: [string, string][]; // what it is, what it is called
  onPick: (value: string) => void;
}

export function Choice({ label, value, options, onPick }: Pick) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onPick(event.currentTarget.value)}>
        {options.map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

// One of a few, side by side.
export function Segments({ label, value, options, onPick }: Pick) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {options.map(([id, name]) => (
        <button type="button" key={id} aria-pressed={id === value} onClick={() => onPick(id)}>
          {name}
        </button>
      ))}
    </div>
  );
}

const kLongText = 200;

// A text of any length: its beginning, and all of it on demand.
export function LongText({ text }: { text: string }) {
  const [all, setAll] = useState(false);
  if (text.length <= kLongText + 40) return <>{text}</>;
  return (
    <>
      {all ? text : `${text.slice(0, kLongText)}…`}{" "}
      <button type="button" class="link" aria-expanded={all} onClick={() => setAll(!all)}>
        {all ? "less" : `all ${text.length} characters`}
      </button>
    </>
  );
}

export { plural } from "./words";

// A table in a box that scrolls by itself, by keyboard too, and is a landmark by its label.
export function ScrollTable({
  label,
  caption,
  tall = false,
  class: kind,
  children,
}: {
  label: string;
  caption: ComponentChildren;
  tall?: boolean;
  class?: string;
  children: ComponentChildren;
}) {
  return (
    <div class={tall ? "scroll tall" : "scroll"} tabIndex={0} role="region" aria-label={label}>
      <table class={kind}>
        <caption class="unseen">{caption}</caption>
        {children}
      </table>
    </div>
  );
}

// The head of such a table: columns of text, then of numbers.
export function Heads({ texts, numbers }: { texts: string[]; numbers: string[] }) {
  return (
    <thead>
      <tr>
        {texts.map((text) => (
          <th scope="col" key={text}>
            {text}
          </th>
        ))}
        {numbers.map((number) => (
          <th scope="col" class="number" key={number}>
            {number}
          </th>
        ))}
      </tr>
    </thead>
  );
}
