// Finding clients: by address, by group, or by what one of their rules names.
//
// Tested by test/policy_search.test.ts.
import type { Client, Group } from "./types";

export const nameOf = (client: Client): string => client.client ?? client.subnet ?? "";

const numberOf = (address: string): number =>
  address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

// The client that an address is: by itself, or by the longest block that holds it.
export function clientOf(clients: Client[], address: string): Client | undefined {
  const exact = clients.find((client) => nameOf(client) === address);
  if (exact || !/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) return exact;
  let best: Client | undefined;
  let longest = -1;
  for (const client of clients) {
    const [base, bits] = (client.subnet ?? "").split("/");
    if (!base || !bits || Number(bits) <= longest) continue;
    const size = 2 ** (32 - Number(bits));
    if (Math.floor(numberOf(base) / size) !== Math.floor(numberOf(address) / size)) continue;
    [best, longest] = [client, Number(bits)];
  }
  return best;
}

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
