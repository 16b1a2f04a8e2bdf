// Filter patterns that the console writes: recipes, and conditions from values somebody clicked.
//
// The grammar is that of docs/filter-patterns.md. Values of a log line are chosen by strangers, so
// they are always quoted, and a `*` in one is matched by a regular expression, since it would stand
// for anything. Tested by test/pattern.test.ts.

export interface Recipe {
  name: string;
  pattern: string;
}

export const kRecipes: Recipe[] = [
  { name: "Everything", pattern: "" },
  { name: "Refused", pattern: '{ $.outcome = "disallowed" }' },
  { name: "Only by see-thru", pattern: "{ $.see_thru_exerted IS TRUE }" },
  { name: "Allowed, not TLS", pattern: '{ $.outcome = "allowed" && $.proto != "tls" }' },
  { name: "SSH", pattern: '{ $.proto = "ssh" }' },
  { name: "TLS below 1.3", pattern: '{ $.proto = "tls" && $.proto_v != "1.3" }' },
  { name: "Not post-quantum", pattern: '{ $.cat = "client" && $.pqc IS FALSE }' },
  { name: "Waited for DNS", pattern: "{ $.held_ms > 0 }" },
  { name: "See-thru ends soon", pattern: "{ $.see_thru_days_remaining <= 2 }" },
];

// A value as a pattern takes it: whole, by case.
export function quoteValue(value: string): string {
  if (!value.includes("*")) return `"${value.replace(/["\\]/g, "\\$&")}"`;
  const regex = [...value].map((c) => {
    if (/[A-Za-z0-9:_#=@/;, -]/.test(c)) return c === "-" ? "\\-" : c;
    if (/[.*+?^$[\]{}|\\]/.test(c)) return `\\${c}`;
    return c.charCodeAt(0) < 256 ? `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}` : ".";
  });
  return `%^${regex.join("")}$%`;
}

export function condition(field: string, value: string | number | boolean): string {
  if (typeof value === "boolean") return `$.${field} IS ${value ? "TRUE" : "FALSE"}`;
  if (typeof value === "number") return `$.${field} = ${value}`;
  return `$.${field} = ${quoteValue(value)}`;
}

// The pattern and one more condition. What is no JSON pattern is replaced: the kinds do not mix.
export function addCondition(pattern: string, more: string): string {
  const match = /^\s*\{([\s\S]*)\}\s*$/.exec(pattern);
  const inner = match?.[1]?.trim();
  if (!inner) return `{ ${more} }`;
  if (inner.includes(more)) return pattern.trim();
  return inner.includes("||") ? `{ (${inner}) && ${more} }` : `{ ${inner} && ${more} }`;
}

// What one client asked for, and what it was answered.
export const clientPattern = (address: string): string =>
  `{ ($.src = "${address}" || $.dst = "${address}") }`;

export const patternFor = (...conditions: string[]): string => `{ ${conditions.join(" && ")} }`;

// What of a pattern a message complains about: "Invalid character(s) in term '…'".
export function placeOf(pattern: string, message: string): number {
  const term = /in term '([^']*)'/.exec(message)?.[1];
  return term ? pattern.lastIndexOf(term) : -1;
}
