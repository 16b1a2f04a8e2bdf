// What the ticks become: annotations, Terraform or an addition to the policy file; and the replay.
//
// The endpoint writes the rules, since it packs names within 255 characters and gives each rule of a
// port a destination of its own. It is asked again once ticking has rested. The replay is asked on demand,
// and its answer is marked as old when the ticks have changed since.
import { useState } from "preact/hooks";
import { ask } from "./api";
import { useAnswer, useRested } from "./asking";
import {
  Copy,
  Empty,
  Loading,
  Panel,
  Tabs,
  Trouble,
  isWithoutPolicy,
  plural,
  Heads, ScrollTable,
} from "./bits";
import type { Period } from "./time";
import type { Replay, Wanted, WrittenRules } from "./types";

const kNamesMax = 10_000;

export function Output({ gid, wanted, period }: { gid: string; wanted: Wanted[]; period: Period }) {
  const [tab, setTab] = useState("annotations");
  const [into, setInto] = useState("");
  const target = useRested(into.trim() || gid, 400);
  const names = useRested(wanted, 250);
  const askable = names.length > 0 && names.length <= kNamesMax;
  const rules = useAnswer<WrittenRules>(
    askable ? (signal) => ask("rules", { into: target, names }, signal) : null,
    [names, target],
  );
  return (
    <Panel
      title="Rules"
      aside={
        <label class="field inline">
          <span>for the group</span>
          <input
            value={into}
            placeholder={gid}
            size={22}
            spellcheck={false}
            onInput={(event) => setInto(event.currentTarget.value)}
          />
        </label>
      }
    >
      <Tabs
        label="Form of the rules"
        value={tab}
        onPick={setTab}
        tabs={[
          ["annotations", "Annotations"],
          ["terraform", "Terraform"],
          ["policy", "Policy file"],
          ["replay", "What would still be refused"],
        ]}
      />
      <div
        role="tabpanel"
        id={`panel-${tab}`}
        aria-labelledby={`tab-${tab}`}
        tabIndex={0}
        class="tab-body"
      >
        {names.length === 0 ? (
          <Empty title="No name is ticked." />
        ) : names.length > kNamesMax ? (
          <Empty title={`At most ${kNamesMax.toLocaleString("en")} names.`}>
            <p>Store a list in Parameter Store instead and name its ARN in one rule.</p>
          </Empty>
        ) : tab === "replay" ? (
          <StillRefused gid={gid} names={names} period={period} />
        ) : rules.error ? (
          <Trouble error={rules.error} retry={rules.again} />
        ) : !rules.value ? (
          <Loading what="Writing the rules…" />
        ) : tab === "annotations" ? (
          <Annotations rules={rules.value} />
        ) : (
          <Text
            text={tab === "terraform" ? rules.value.terraform : rules.value.policy_file}
            what={tab === "terraform" ? "the Terraform" : "the addition to the policy file"}
          />
        )}
      </div>
    </Panel>
  );
}

function Text({ text, what }: { text: string; what: string }) {
  return (
    <div class="text-out">
      <div class="row between">
        <span class="note">{plural(text.length, "character")}</span>
        <Copy text={text} what={what} />
      </div>
      <pre tabIndex={0} role="region" aria-label={what}>
        {text}
      </pre>
    </div>
  );
}

function Annotations({ rules }: { rules: WrittenRules }) {
  const all = rules.rules.map((rule) => rule.description).join("\n");
  return (
    <>
      <div class="row between">
        <span class="note">
          {plural(rules.rules.length, "rule")}; each description is one outbound rule
        </span>
        <Copy text={all} what="all annotations" />
      </div>
      {rules.notes.map((note) => (
        <p key={note} class="note breakable">
          {note}
        </p>
      ))}
      <ol class="annotations">
        {rules.rules.map((rule, i) => (
          <li key={i}>
            <div class="row between">
              <span class="note">
                {rule.protocol} {rule.port}, to {rule.destination}
                {" · "}
                {rule.description.length} of 255 characters
              </span>
              <Copy text={rule.description} what={`annotation ${i + 1}`} />
            </div>
            <code data-annotation="">{rule.description}</code>
          </li>
        ))}
      </ol>
    </>
  );
}

function StillRefused({ gid, names, period }: { gid: string; names: Wanted[]; period: Period }) {
  const [asked, setAsked] = useState<Wanted[] | null>(null);
  const replay = useAnswer<Replay>(
    asked
      ? (signal) => ask("replay", { gid, from: period.from, to: period.to, names: asked }, signal)
      : null,
    [asked],
  );
  const stale = asked !== null && JSON.stringify(asked) !== JSON.stringify(names);
  const go = () => setAsked(names);
  if (!asked || stale) {
    return (
      <Empty
        title={
          stale
            ? "The ticks have changed since."
            : "Ask the log again, with these rules and without the see-thru."
        }
      >
        <p>
          Each logged connection of the group's clients is judged by the policy in force with these
          rules.
        </p>
        <button type="button" class="primary" onClick={go}>
          Replay {plural(names.length, "rule member")}
        </button>
      </Empty>
    );
  }
  if (replay.loading) return <Loading what="Judging the logged connections…" />;
  if (isWithoutPolicy(replay.error))
    return <Empty title="This endpoint has no policy to replay against." />;
  if (replay.error || !replay.value)
    return <Trouble error={replay.error ?? new Error("no answer")} retry={go} />;
  const refused = replay.value.changes.filter((change) => change.change === "newly-refused");
  return (
    <>
      <p class="note" role="status">
        {plural(replay.value.connections, "connection")} judged,{" "}
        <b>{replay.value.newly_refused.toLocaleString("en")}</b> would be refused.
        {replay.value.not_judged > 0 &&
          ` ${plural(replay.value.not_judged, "line")} could not be judged.`}
        {replay.value.not_listed > 0 &&
          ` ${plural(replay.value.not_listed, "change")} more are not listed.`}
      </p>
      {refused.length === 0 ? (
        <Empty title="Nothing would be refused.">
          <p>
            Put the rules in force, leave see-thru attached for a while, and detach it when no line
            says <code>see_thru_exerted</code> any more.
          </p>
        </Empty>
      ) : (
        <ScrollTable label="What would be refused" tall caption="Connections that would be refused">
          <Heads texts={["Destination", "Groups", "Now"]} numbers={["Clients", "Times"]} />
          <tbody>
            {refused.slice(0, 500).map((change, i) => (
              <tr key={i}>
                <th scope="row" class="breakable name">
                  {change.dhost}
                  <span class="note">
                    {" "}
                    {change.proto}/{change.port}
                    {change.uncertain && " (uncertain)"}
                  </span>
                </th>
                <td class="breakable">{change.groups}</td>
                <td class="breakable">{change.now}</td>
                <td class="number">{change.clients}</td>
                <td class="number">{change.connections.toLocaleString("en")}</td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
    </>
  );
}
