// Choosing a period: one of a few lengths that end now, or two moments.
//
// What is chosen goes into the address; what stands there counts. `pick` replaces both ends, so
// that an old `to` never cuts a new length short.
import { useState } from "preact/hooks";
import { formatMoment, parseMoment, periodOf } from "./time";

export function PeriodPicker({
  from,
  to,
  lengths,
  otherwise,
  onPick,
}: {
  from: string;
  to: string;
  lengths: [string, string][];
  otherwise: string;
  onPick: (from: string, to: string) => void;
}) {
  const known = !to && lengths.some(([id]) => id === (from || otherwise));
  const [own, setOwn] = useState(!known);
  const [bad, setBad] = useState("");
  const value = own || !known ? "own" : from || otherwise;
  const now = Date.now();
  const shown = periodOf(from, to, now, otherwise);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const begin = String(fields.get("from")).trim();
    const end = String(fields.get("to")).trim();
    const first = parseMoment(begin, now);
    const last = end ? parseMoment(end, now) : now;
    if (first === null || last === null) return setBad("Write 2026-11-22 03:15, or 30m, 2h, 7d.");
    if (first >= last) return setBad("The period must begin before it ends.");
    setBad("");
    onPick(begin.replace(" ", "T"), end.replace(" ", "T"));
  };
  return (
    <div class="period">
      <label class="field">
        <span>Period</span>
        <select
          value={value}
          onChange={(event) => {
            const picked = event.currentTarget.value;
            setOwn(picked === "own");
            if (picked !== "own") onPick(picked, "");
          }}
        >
          {lengths.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
          <option value="own">other…</option>
        </select>
      </label>
      {(own || !known) && (
        <form class="row" onSubmit={submit}>
          <label class="field">
            <span>From (UTC)</span>
            <input
              name="from"
              size={17}
              defaultValue={from || formatMoment(shown.from).slice(0, 16)}
            />
          </label>
          <label class="field">
            <span>To</span>
            <input name="to" size={17} defaultValue={to} placeholder="now" />
          </label>
          <button type="submit">Apply</button>
          {bad && (
            <p class="error-line" role="alert">
              {bad}
            </p>
          )}
        </form>
      )}
    </div>
  );
}
