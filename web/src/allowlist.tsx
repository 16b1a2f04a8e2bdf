// The allowlist builder: from what only see-thru let through to rules that replace it.
//
// A group and a period are the address. Groups come from the log, and from the policy where there
// is one; an answer is read in one go and ticked here. What rules look like, which wildcards are
// safe and what would still be refused is the endpoint's to say, not the page's.
import { useMemo, useState } from "preact/hooks";
import { ask, runQuery } from "./api";
import { useAnswer } from "./asking";
import { Empty, Loading, Panel, Trouble, isWithoutPolicy, plural, Heads, ScrollTable } from "./bits";
import { Curve, Names } from "./allowlist_names";
import { Output } from "./allowlist_output";
import { PeriodPicker } from "./period";
import { formatRoute, go } from "./route";
import { keyOf, keyOfWildcard, wantedOf } from "./selection";
import { formatMoment, periodOf } from "./time";
import type { Allowlist as Answer, Policy } from "./types";
import type { ViewProps } from "./app";

const kLengths: [string, string][] = [
  ["24h", "1 day"],
  ["7d", "7 days"],
  ["14d", "14 days"],
  ["30d", "30 days"],
  ["90d", "90 days"],
];
const kGroupsQuery = `filter see_thru_exerted
| stats count(*) as n by see_thru_gid
| sort n desc | limit 200`;

// Groups under see-thru: with lines in the log first, then those that only the policy knows.
async function findGroups(group: string, policy: boolean, signal: AbortSignal) {
  const now = Date.now();
  const seen = await runQuery(group, kGroupsQuery, now - 90 * 864e5, now, signal);
  const groups = new Map(seen.rows.map((row) => [row.see_thru_gid ?? "", Number(row.n)]));
  if (policy) {
    const known = await ask<Policy>("policy", undefined, signal).catch(() => null);
    for (const { gid, rules } of known?.groups ?? []) {
      const opens = rules.some((rule) => rule.members.some((m) => m.proto === "see-thru"));
      if (opens && !groups.has(gid)) groups.set(gid, 0);
    }
  }
  groups.delete("");
  return [...groups];
}

export function Allowlist({ route, status }: ViewProps) {
  const { gid = "", from = "", to = "" } = route.query;
  const show = (change: Record<string, string>) =>
    go(formatRoute("/allowlist", { gid, from, to, ...change }));
  const groups = useAnswer(
    (signal) => findGroups(status.group, status.policy, signal),
    [status.group, status.policy],
  );
  const period = useMemo(() => periodOf(from, to, Date.now(), "30d"), [from, to, gid]);
  const list = useAnswer<Answer>(
    gid ? (signal) => ask("allowlist", { gid, from: period.from, to: period.to }, signal) : null,
    [gid, from, to],
  );
  const options = groups.value ?? [];
  const known = !gid || options.some(([id]) => id === gid);
  return (
    <>
      <div class="view-head">
        <h1>Allowlist</h1>
      </div>
      <div class="row">
        <label class="field">
          <span>Group under see-thru</span>
          <select
            value={gid}
            data-search=""
            onChange={(event) => show({ gid: event.currentTarget.value })}
          >
            <option value="">{groups.loading ? "looking…" : "choose…"}</option>
            {!known && <option value={gid}>{gid}</option>}
            {options.map(([id, count]) => (
              <option key={id} value={id}>
                {id} ({count > 0 ? plural(count, "line") : "nothing seen"})
              </option>
            ))}
          </select>
        </label>
        <PeriodPicker
          key={`${from} ${to}`}
          from={from}
          to={to}
          lengths={kLengths}
          otherwise="30d"
          onPick={(begin, end) => show({ from: begin, to: end })}
        />
      </div>
      {groups.error && !isWithoutPolicy(groups.error) && (
        <Trouble error={groups.error} retry={groups.again} />
      )}
      {!gid ? (
        options.length > 0 || groups.loading ? (
          <Empty title="Choose a group.">
            <p>What only its see-thru let through becomes a list of names to allow.</p>
          </Empty>
        ) : (
          !groups.error && (
            <Empty title="Nothing was let through by see-thru.">
              <p>
                Give the application's clients one more group whose only rule is{" "}
                <code>
                  discriminat:see-thru:
                  {new Date(Date.now() + 30 * 864e5).toISOString().slice(0, 10)}
                </code>
                , let the application do all it does, and come back.
              </p>
            </Empty>
          )
        )
      ) : list.error ? (
        <Trouble error={list.error} retry={list.again} />
      ) : !list.value ? (
        <Loading what="Reading the log…" />
      ) : (
        <Builder key={`${gid} ${from} ${to}`} answer={list.value} gid={gid} period={period} />
      )}
    </>
  );
}

function Builder({
  answer,
  gid,
  period,
}: {
  answer: Answer;
  gid: string;
  period: { from: number; to: number };
}) {
  const [ticked, setTicked] = useState(() => new Set(answer.names.map(keyOf)));
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const hints = answer.wildcards.filter((hint) => chosen.has(keyOfWildcard(hint)));
  const wanted = useMemo(() => wantedOf(answer.names, ticked, hints), [ticked, chosen]);
  if (answer.names.length === 0 && answer.apart.length === 0) {
    return (
      <Empty title={`The see-thru of ${gid} let nothing through that needs a rule.`}>
        <p>
          Either its clients have rules for all they do, and see-thru can be detached, or they did
          nothing in this period.
        </p>
      </Empty>
    );
  }
  return (
    <>
      <Completeness answer={answer} />
      <div class="grid">
        <Names
          answer={answer}
          ticked={ticked}
          chosen={chosen}
          onTick={setTicked}
          onChoose={setChosen}
        />
        <Curve answer={answer} />
      </div>
      <Output gid={gid} wanted={wanted} period={period} />
      {answer.apart.length > 0 && <Apart answer={answer} />}
    </>
  );
}

// How good a sign the list is, in sentences.
function Completeness({ answer }: { answer: Answer }) {
  const c = answer.completeness;
  return (
    <ul class="facts">
      <li>
        <b>{answer.connections.toLocaleString("en")}</b> connections, {formatMoment(answer.first)}{" "}
        to {formatMoment(answer.last)}
      </li>
      {c.last_new && (
        <li>
          Last new name {formatMoment(c.last_new)}: <span class="breakable">{c.last_new_name}</span>
        </li>
      )}
      <li>
        No new name on <b>{c.days_without_new}</b> of {plural(c.days, "day")}
      </li>
      <li>
        <b>{c.clients_without_new}</b> of {plural(c.clients, "client")} brought no name of their own
      </li>
      {c.see_thru_ends && (
        <li>
          See-thru ends {c.see_thru_ends}: <b>{plural(c.see_thru_days_remaining ?? 0, "day")}</b>{" "}
          left
        </li>
      )}
      {answer.notes.map((note) => (
        <li key={note} class="breakable">
          {note}
        </li>
      ))}
    </ul>
  );
}

function Apart({ answer }: { answer: Answer }) {
  return (
    <Panel title="What rules cannot express">
      <ScrollTable
        label="What rules cannot express"
        caption="Destinations that no rule can allow, with what to do"
      >
        <Heads texts={["Destination", "Reason", "What to do"]} numbers={["Times"]} />
        <tbody>
          {answer.apart.slice(0, 500).map((row) => (
            <tr key={`${keyOf(row)} ${row.reason}`}>
              <th scope="row" class="breakable">
                {row.dhost}
                <span class="note">
                  {" "}
                  {row.proto}/{row.port}
                </span>
              </th>
              <td class="nowrap">{row.reason}</td>
              <td class="advice">{row.advice}</td>
              <td class="number">{row.connections.toLocaleString("en")}</td>
            </tr>
          ))}
        </tbody>
      </ScrollTable>
    </Panel>
  );
}
