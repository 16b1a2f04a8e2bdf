// Policy: who may reach what, and why; and how it came to be.
//
// Clients on one side, the groups and rules of the chosen one on the other; the config log as a
// history below its own tab. The policy is read with the usage of the last seven days, each rule
// with its state. Large policies are searched, not scrolled: lists end at a stated number.
import { useMemo, useState } from "preact/hooks";
import { ApiError, ask } from "./api";
import { useAnswer } from "./asking";
import { Empty, Loading, NoPolicy, Tabs, Trouble, isWithoutPolicy, plural } from "./bits";
import { GroupRules, SeeThruBadge } from "./policy_rules";
import { History } from "./policy_history";
import { clientPattern } from "./pattern";
import { formatRoute, go } from "./route";
import { clientOf, matchesClient, nameOf } from "./policy_search";
import type { Client, Policy as Answer, Usage } from "./types";
import type { ViewProps } from "./app";

const kClientsShown = 200;
const kUsageMs = 7 * 864e5;

export function Policy(props: ViewProps) {
  const { route, status } = props;
  const tab = route.query.view === "history" ? "history" : "rules";
  return (
    <>
      <div class="view-head">
        <h1>Policy</h1>
      </div>
      <Tabs
        label="Parts of the policy"
        value={tab}
        tabs={[
          ["rules", "Rules"],
          ["history", "History"],
        ]}
        onPick={(id) =>
          go(formatRoute("/policy", { ...route.query, view: id === "history" ? id : "" }))
        }
      />
      <div role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`} class="tab-body">
        {tab === "history" ? (
          <History {...props} />
        ) : status.policy ? (
          <Rules {...props} />
        ) : (
          <NoPolicy what="Its rules cannot be shown; the history can, from the config log." />
        )}
      </div>
    </>
  );
}

function Rules({ route }: ViewProps) {
  const chosen = route.query.client ?? "";
  const whole = useAnswer<Answer>((signal) => ask("policy", undefined, signal), []);
  // A very large policy is shown one client at a time; the endpoint says so.
  const large =
    whole.error instanceof ApiError && (whole.error.status === 400 || whole.error.status === 413);
  const one = useAnswer<Answer>(
    large && chosen
      ? (signal) => ask(`policy?client=${encodeURIComponent(chosen)}`, undefined, signal)
      : null,
    [chosen],
  );
  const usage = useAnswer<Usage>(
    (signal) => ask("usage", { from: Date.now() - kUsageMs, to: Date.now() }, signal),
    [],
  );
  const policy = large ? one : whole;
  if (isWithoutPolicy(whole.error)) return <NoPolicy what="Its rules cannot be shown." />;
  return (
    <>
      {large && <OneClient chosen={chosen} />}
      {usage.error && !policy.error && (
        <p class="note">
          When rules were used last is not known: {usage.error.message}{" "}
          <button type="button" class="quiet" onClick={usage.again}>
            Ask again
          </button>
        </p>
      )}
      {policy.error ? (
        <Trouble error={policy.error} retry={policy.again} />
      ) : policy.value ? (
        <Browser
          policy={policy.value}
          usage={usage.value}
          chosen={chosen}
          search={route.query.search ?? ""}
        />
      ) : large && !chosen ? (
        <Empty title="The policy is too large to be shown as a whole.">
          <p>Write the address of a client to see its groups and rules.</p>
        </Empty>
      ) : (
        <Loading what="Reading the policy…" />
      )}
    </>
  );
}

function OneClient({ chosen }: { chosen: string }) {
  return (
    <form
      class="row"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const fields = new FormData(event.currentTarget);
        go(formatRoute("/policy", { client: String(fields.get("client")).trim() }));
      }}
    >
      <label class="field">
        <span>Address of a client</span>
        <input name="client" key={chosen} defaultValue={chosen} placeholder="10.0.1.10" />
      </label>
      <button type="submit" class="primary">
        Show
      </button>
    </form>
  );
}

function Browser({
  policy,
  usage,
  chosen,
  search,
}: {
  policy: Answer;
  usage: Usage | null;
  chosen: string;
  search: string;
}) {
  const [text, setText] = useState(search);
  const groups = useMemo(() => new Map(policy.groups.map((g) => [g.gid, g])), [policy]);
  const found = useMemo(
    () => policy.clients.filter((c) => matchesClient(c, groups, text)),
    [policy, text],
  );
  const current = chosen ? clientOf(policy.clients, chosen) : found[0];
  const address = (client: string) => formatRoute("/policy", { client, search: text });
  return (
    <>
      <Summary policy={policy} usage={usage} />
      <div class="browser">
        <section class="clients" aria-label="Clients">
          <label class="field">
            <span>Find a client, group or name</span>
            <input
              type="search"
              data-search=""
              value={text}
              spellcheck={false}
              placeholder="10.0.1.10, sg-web, github.com"
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
          <p class="note" aria-live="polite">
            {plural(found.length, "client")}
            {found.length > kClientsShown && `, the first ${kClientsShown} shown`}
          </p>
          <ul class="client-list">
            {found.slice(0, kClientsShown).map((client) => (
              <li key={nameOf(client)}>
                <a
                  href={address(nameOf(client))}
                  aria-current={client === current ? "true" : undefined}
                >
                  <span class="client-name">{nameOf(client)}</span>
                  <span class="note clip">{client.groups.join(", ") || "no group"}</span>
                </a>
              </li>
            ))}
          </ul>
        </section>
        <section class="rules" aria-label="Rules">
          {current ? (
            <ClientRules client={current} policy={policy} usage={usage} search={text} />
          ) : chosen ? (
            <Empty title={`${chosen.slice(0, 60)} is no client of this policy.`}>
              <p>
                {policy.strangers.see_thru
                  ? `Addresses that are no client have see-thru until
                  ${policy.strangers.see_thru.until}.`
                  : "Everything it asks for is refused as client-unknown."}
              </p>
            </Empty>
          ) : (
            <Empty title={text ? "Nothing of the policy matches." : "The policy has no clients."}>
              <p>
                {text
                  ? "Search for an address, a group, or a part of a name in a rule."
                  : "Every connection is refused as client-unknown until there is one."}
              </p>
            </Empty>
          )}
        </section>
      </div>
    </>
  );
}

function Summary({ policy, usage }: { policy: Answer; usage: Usage | null }) {
  return (
    <ul class="facts">
      <li>
        {policy.revision !== undefined && (
          <>
            Revision <b>{policy.revision}</b>,{" "}
          </>
        )}
        from {policy.source === "aws" ? "AWS" : <span class="breakable">{policy.file}</span>}
      </li>
      <li>
        <b>{policy.clients.length.toLocaleString("en")}</b> clients, <b>{policy.groups.length}</b>{" "}
        groups
      </li>
      {Object.entries(policy.preferences).map(([key, value]) => (
        <li key={key}>
          {key} <b>{String(value ?? "off")}</b>
        </li>
      ))}
      {usage && (
        <li>
          <b>{usage.connections.toLocaleString("en")}</b> allowed in 7 days
          {usage.unmatched > 0 && `, ${usage.unmatched.toLocaleString("en")} by no rule`}
        </li>
      )}
      {policy.unused_groups.length > 0 && (
        <li>
          Groups without client: {policy.unused_groups.slice(0, 8).join(", ")}
          {policy.unused_groups.length > 8 && "…"}
        </li>
      )}
      {policy.problems.slice(0, 20).map((problem, i) => (
        <li key={i} class="problem">
          <span aria-hidden="true">!</span> {problem}
        </li>
      ))}
    </ul>
  );
}

function ClientRules({
  client,
  policy,
  usage,
  search,
}: {
  client: Client;
  policy: Answer;
  usage: Usage | null;
  search: string;
}) {
  const own = client.groups.map(
    (gid) => policy.groups.find((g) => g.gid === gid) ?? { gid, where: "", rules: [] },
  );
  return (
    <>
      <header class="rules-head">
        <h2>{nameOf(client)}</h2>
        <span class="note breakable">{client.where}</span>
        <SeeThruBadge seeThru={client.see_thru} />
        {client.client && (
          <a href={formatRoute("/flows", { pattern: clientPattern(client.client) })}>its flows</a>
        )}
      </header>
      {own.length === 0 && (
        <Empty title="This client has no group.">
          <p>Everything it asks for is refused.</p>
        </Empty>
      )}
      {own.map((group) => (
        <GroupRules
          key={group.gid}
          group={group}
          names={policy.names ?? {}}
          usage={usage}
          search={search}
        />
      ))}
    </>
  );
}
