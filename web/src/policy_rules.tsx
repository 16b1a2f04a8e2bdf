// The rules of one group: each member with its effect or problem, addresses, and last use.
//
// A long list shows its first members; the search of the view brings forward those that match.
import { useMemo, useState } from "preact/hooks";
import { plural, ScrollTable } from "./bits";
import { formatMoment } from "./time";
import type { Group, Member, Policy, Rule, SeeThru, Usage } from "./types";

const kMembersShown = 25;
const kMembersMax = 1000;
const kAddressesShown = 4;

export function SeeThruBadge({ seeThru }: { seeThru: SeeThru | null }) {
  if (!seeThru) return null;
  return (
    <span class={`badge ${seeThru.in_force ? "see-thru" : "neutral"}`}>
      <span aria-hidden="true">◐</span> see-thru{" "}
      {seeThru.in_force
        ? `until ${seeThru.until}, ${plural(seeThru.days_remaining, "day")} left`
        : `ended ${seeThru.until}`}{" "}
      ({seeThru.gid})
    </span>
  );
}

export function GroupRules({
  group,
  names,
  usage,
  search,
}: {
  group: Group;
  names: NonNullable<Policy["names"]>;
  usage: Usage | null;
  search: string;
}) {
  const used = useMemo(
    () =>
      new Map(
        (usage?.rules ?? [])
          .filter((rule) => rule.gid === group.gid)
          .map((rule) => [`${rule.proto} ${rule.addr}`, rule]),
      ),
    [usage, group],
  );
  return (
    <section class="panel group" aria-label={`Group ${group.gid}`}>
      <header class="panel-head">
        <h3 class="breakable">{group.gid}</h3>
        <span class="note breakable">{group.where}</span>
      </header>
      {group.rules.length === 0 && <p class="note">No rule of this group concerns the gateway.</p>}
      {group.rules.map((rule, i) => (
        <RuleBox
          key={i}
          rule={rule}
          names={names}
          used={used}
          known={usage?.complete === true}
          search={search}
        />
      ))}
    </section>
  );
}

function RuleBox({
  rule,
  names,
  used,
  known,
  search,
}: {
  rule: Rule;
  names: NonNullable<Policy["names"]>;
  used: Map<string, Usage["rules"][number]>;
  known: boolean;
  search: string;
}) {
  const [all, setAll] = useState(false);
  const addressed = Object.keys(names).length > 0; // only a gateway looks names up
  const wanted = search.trim().toLowerCase();
  const members = useMemo(
    () => [...rule.members].sort((a, b) => rank(a, wanted) - rank(b, wanted)),
    [rule, wanted],
  );
  const shown = members.slice(0, all ? kMembersMax : kMembersShown);
  return (
    <div class="rule">
      <p class="rule-head">
        <span class="tag">{rule.ports === "all" ? "all ports" : `port ${rule.ports}`}</span>
        <code class="clip" title={rule.annotation}>
          {rule.annotation}
        </code>
        <span class="note breakable">{rule.where}</span>
      </p>
      <ScrollTable
        label={`Members of the rule ${rule.where}`}
        class="members"
        caption={<>Members of the rule {rule.where}</>}
      >
        <thead class="unseen-head">
          <tr>
            <th scope="col">State</th>
            <th scope="col">Member</th>
            {addressed && <th scope="col">Addresses</th>}
            <th scope="col">Last used</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((member, i) => (
            <MemberRow
              key={i}
              member={member}
              name={names[member.member]}
              known={known}
              addressed={addressed}
              used={used.get(`${member.proto} ${member.member}`)}
            />
          ))}
        </tbody>
      </ScrollTable>
      {members.length > shown.length && (
        <button type="button" class="quiet" onClick={() => setAll(true)}>
          {all
            ? `The first ${kMembersMax} of ${members.length}; search for others`
            : `Show ${members.length - shown.length} more`}
        </button>
      )}
    </div>
  );
}

// What is searched for first, then what has a problem.
function rank(member: Member, wanted: string): number {
  if (wanted && member.member.toLowerCase().includes(wanted)) return 0;
  return member.outcome === "accepted" ? 2 : 1;
}

const kStates: Record<string, [string, string]> = {
  accepted: ["✓", "in effect"],
  warning: ["!", "warning"],
  rejected: ["✕", "no effect"],
};

function MemberRow({
  member,
  name,
  used,
  known,
  addressed,
}: {
  member: Member;
  name?: { addresses: string[]; problem: string };
  used?: Usage["rules"][number];
  known: boolean;
  addressed: boolean;
}) {
  const problem = member.outcome === "accepted" && name?.problem;
  const [sign, words] = problem
    ? ["!", "no address"]
    : (kStates[member.outcome] ?? ["?", member.outcome]);
  const reason = member.reason || problem || "";
  const addresses = name?.addresses ?? [];
  return (
    <tr class={problem ? "warning" : member.outcome}>
      <td class="state-cell">
        <span aria-hidden="true">{sign}</span> {words}
      </td>
      <th scope="row">
        <span class="tag">{member.proto}</span> <span class="breakable name">{member.member}</span>
        {reason && <span class="member-reason">{reason}</span>}
      </th>
      {addressed && (
        <td class="addresses">
          {addresses.slice(0, kAddressesShown).join(", ")}
          {addresses.length > kAddressesShown && ` and ${addresses.length - kAddressesShown} more`}
        </td>
      )}
      <td class="used">
        {member.proto === "see-thru" ? (
          ""
        ) : used ? (
          <>
            <span class="nowrap">{formatMoment(used.last).slice(0, 16)}</span>
            <span class="note"> {used.connections.toLocaleString("en")}×</span>
          </>
        ) : known && member.outcome !== "rejected" ? (
          <span class="note">not in 7 days</span>
        ) : (
          ""
        )}
      </td>
    </tr>
  );
}
