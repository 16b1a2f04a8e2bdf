// Finding clients: by address, by group, or by what one of their rules names.
//
// Tested by test/policy_search.test.ts.
import type { Client, Group } from "./types";

export const nameOf = (client: Client): string => client.client ?? client.subnet ?? "";

export function matchesClient(client: Client, groups: Map<string, Group>, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return true;
  if (nameOf(client).includes(wanted)) return true;
  return client.groups.some(
    (gid) =>
      gid.toLowerCase().includes(wanted) ||
      (groups.get(gid)?.rules ?? []).some((rule) =>
        rule.members.some((member) => member.member.toLowerCase().includes(wanted)),
      ),
  );
}
