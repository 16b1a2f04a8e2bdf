// A line of the flow log in plain words.
//
// `src` and `dst` are the packet's own, so in a server line the client is `dst`; people ask about
// the client and its destination either way. A message that is no flow line keeps its text. The
// annotation is what docs/policy.md would have somebody write for this destination; whether one
// helps depends on the reason. Tested by test/flow.test.ts.
import type { ConfigRecord, FlowRecord } from "./types";

export type Outcome = "allowed" | "refused" | "see-thru";

export function parseRecord<T>(message: string): T | null {
  try {
    const value: unknown = JSON.parse(message);
    return value && typeof value === "object" && !Array.isArray(value) ? (value as T) : null;
  } catch {
    return null;
  }
}

export function parseFlow(message: string): FlowRecord | null {
  const record = parseRecord<FlowRecord>(message);
  return record && typeof record.outcome === "string" && typeof record.src === "string"
    ? record
    : null;
}

export function outcomeOf(record: FlowRecord): Outcome {
  if (record.outcome === "disallowed") return "refused";
  return record.see_thru_exerted === true ? "see-thru" : "allowed";
}

export const outcomeWords: Record<Outcome, string> = {
  allowed: "allowed",
  refused: "refused",
  "see-thru": "see-thru",
};

export interface Ends {
  client: string;
  name: string;
  port: number;
}

export function endsOf(record: FlowRecord): Ends {
  const fromServer = record.cat === "server";
  return {
    client: String(fromServer ? record.dst : record.src),
    name: String(record.dhost ?? (fromServer ? record.src : record.dst)),
    port: Number(fromServer ? record.spt : record.dpt),
  };
}

const kProtocols: Record<string, string> = { tls: "TLS", ssh: "SSH", http: "HTTP" };

export function protocolOf(record: FlowRecord): string {
  const name = kProtocols[record.proto] ?? "unknown";
  return record.proto_v ? `${name} ${record.proto_v}` : name;
}

export interface PlainReason {
  slug: string;
  words: string;
}

// "policy:sg-web: api.example.com" and "not-allowlisted: no rule of …".
export function reasonOf(record: { reason?: unknown }): PlainReason {
  const text = String(record.reason ?? "");
  const policy = /^(policy|x509-crl):([^:]*): ([\s\S]*)$/.exec(text);
  if (policy) {
    const what = policy[1] === "policy" ? "rule" : "revocation list of";
    return { slug: policy[1]!, words: `${what} ${policy[3]} in ${policy[2]}` };
  }
  const match = /^([a-z0-9-]+)(?:: ([\s\S]*))?$/.exec(text);
  return match ? { slug: match[1]!, words: match[2] ?? match[1]! } : { slug: "", words: text };
}

// Reasons that a rule for this name or address, on this port, would turn.
const kRuleHelps = new Set(["not-allowlisted", "port-not-allowed", "tls-no-sni"]);

export const ruleHelps = (record: FlowRecord): boolean => kRuleHelps.has(reasonOf(record).slug);

export interface Annotation {
  text: string;
  port: number;
}

export function annotationFor(record: FlowRecord): Annotation | null {
  const { name, port } = endsOf(record);
  if (record.proto !== "tls" && record.proto !== "ssh") return null;
  if (!ruleHelps(record)) return null;
  if (!/^[A-Za-z0-9._-]{1,253}$/.test(name)) return null;
  return { text: `discriminat:${record.proto}:${name.toLowerCase()}`, port };
}

export const signOf = (record: ConfigRecord): "+" | "−" | "!" | "×" =>
  record.outcome === "accepted"
    ? "+"
    : record.outcome === "removed"
      ? "−"
      : record.outcome === "warning"
        ? "!"
        : "×";
