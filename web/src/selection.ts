// What is ticked in the allowlist builder, and what that asks of the endpoint.
//
// A tick is a name with its protocol and port. A wildcard that is chosen stands for the names it
// covers: these leave the rules while it is chosen, and come back with it unchosen. A wildcard
// comes only from the endpoint, which knows the public suffixes. Tested by test/selection.test.ts.
import type { SeenName, Wanted, Wildcard } from "./types";

export const keyOf = (name: Wanted): string => `${name.proto} ${name.port} ${name.dhost}`;
export const keyOfWildcard = (hint: Wildcard): string => `${hint.port} ${hint.pattern}`;

export const isCovered = (name: Wanted, hint: Wildcard): boolean =>
  name.proto === "tls" && name.port === hint.port && hint.names.includes(name.dhost);

export function wantedOf(names: SeenName[], ticked: Set<string>, chosen: Wildcard[]): Wanted[] {
  const plain = names
    .filter((name) => ticked.has(keyOf(name)) && !chosen.some((hint) => isCovered(name, hint)))
    .map(({ proto, port, dhost }) => ({ proto, port, dhost }));
  return [
    ...plain,
    ...chosen.map((hint) => ({ proto: "tls", port: hint.port, dhost: hint.pattern })),
  ];
}

// How much of what was seen the choice covers.
export function coverage(names: SeenName[], ticked: Set<string>, chosen: Wildcard[]) {
  let covered = 0;
  let total = 0;
  let count = 0;
  for (const name of names) {
    total += name.connections;
    if (!ticked.has(keyOf(name)) && !chosen.some((hint) => isCovered(name, hint))) continue;
    covered += name.connections;
    ++count;
  }
  return { names: count, share: total === 0 ? 0 : covered / total };
}
