// One line of the flow log: a row to read, and below it, once opened, everything.
//
// The row is a button, so it opens by keyboard; arrows go from row to row. All values are text. A
// field of the full record can be clicked to search for it.
import { endsOf, outcomeOf, outcomeWords, parseFlow, protocolOf, reasonOf } from "./flow";
import { Copy, LongText, OutcomeBadge } from "./bits";
import { condition } from "./pattern";
import { formatShort } from "./time";
import { Why } from "./why";
import type { FlowRecord, LogEvent } from "./types";

export function FlowRow({
  event,
  open,
  policy,
  onToggle,
  onFilter,
}: {
  event: LogEvent;
  open: boolean;
  policy: boolean;
  onToggle: () => void;
  onFilter: (more: string) => void;
}) {
  const record = parseFlow(event.message);
  const id = `flow-${event.eventId}`;
  return (
    <li class={`flow ${record ? outcomeOf(record) : "odd"}`}>
      <button
        type="button"
        class="flow-line"
        aria-expanded={open}
        aria-controls={id}
        onClick={onToggle}
      >
        <span class="flow-mark" aria-hidden="true">
          {open ? "▾" : "▸"}
        </span>
        <time class="flow-time">{formatShort(event.timestamp, Date.now())}</time>
        {record ? (
          <Line record={record} />
        ) : (
          <span class="clip mono">{event.message.slice(0, 300)}</span>
        )}
      </button>
      <div id={id} class="flow-full" hidden={!open}>
        {open &&
          (record ? (
            <Full event={event} record={record} policy={policy} onFilter={onFilter} />
          ) : (
            <pre class="wrap">{event.message}</pre>
          ))}
      </div>
    </li>
  );
}

function Line({ record }: { record: FlowRecord }) {
  const { client, name, port } = endsOf(record);
  const reason = reasonOf(record);
  return (
    <>
      <OutcomeBadge outcome={outcomeOf(record)} />
      <span class="flow-ends">
        <span class="flow-client">{client}</span>
        <span aria-hidden="true"> → </span>
        <span class="unseen"> to </span>
        <span class="flow-name clip" title={name}>
          {name}
        </span>
        <span class="flow-port">:{port}</span>
      </span>
      <span class="flow-proto">
        {protocolOf(record)}
        {record.cat === "server" && (
          <span class="tag" title="the server's answer was judged">
            answer
          </span>
        )}
      </span>
      <span class="flow-reason clip" title={reason.words}>
        {reason.words}
      </span>
    </>
  );
}

function Full({
  event,
  record,
  policy,
  onFilter,
}: {
  event: LogEvent;
  record: FlowRecord;
  policy: boolean;
  onFilter: (more: string) => void;
}) {
  const reason = reasonOf(record);
  return (
    <>
      <p class="flow-sentence">
        <strong>{outcomeWords[outcomeOf(record)]}</strong>
        {reason.slug && reason.slug !== "policy" && (
          <>
            {" "}
            · <code>{reason.slug}</code>
          </>
        )}{" "}
        · {reason.words}
      </p>
      <Why record={record} policy={policy} />
      <dl class="record">
        {Object.entries(record)
          .slice(0, 60)
          .map(([field, value]) => (
            <div key={field}>
              <dt>{field}</dt>
              <dd>
                {isPlain(value) && isSearchable(field, value) ? (
                  <button
                    type="button"
                    class="value"
                    title={`search for this ${field}`}
                    onClick={() => onFilter(condition(field, value))}
                  >
                    {String(value)}
                  </button>
                ) : (
                  <LongText text={isPlain(value) ? String(value) : JSON.stringify(value)} />
                )}
              </dd>
            </div>
          ))}
      </dl>
      <Copy text={event.message} what="the line as JSON" />
    </>
  );
}

// Long texts would not fit into a pattern, and times are what periods are for.
const isSearchable = (field: string, value: string | number | boolean): boolean =>
  /^\w+$/.test(field) && field !== "time" && String(value).length <= 200;

const isPlain = (value: unknown): value is string | number | boolean =>
  ["string", "number", "boolean"].includes(typeof value);
