// The answers of the endpoint, as docs/console-api.md, docs/api.md and docs/cli.md describe them.
//
// Only what the console reads is named. A member that an older or newer endpoint may leave out is
// optional; nothing here is checked at run time, so views treat each text as text and nothing else.

export interface Session {
  login: "none" | "needed" | "done";
  id?: string;
}

export interface Histogram {
  bounds: number[];
  counts: number[];
  sum: number;
  count: number;
}

export interface StreamStatus {
  lines: number;
  dropped_lines: number;
  disk_bytes: number;
  failing: boolean;
  last_error: string;
}

export interface ShippedStatus {
  lines: number;
  rejected: number;
  refused: number;
  lost_segments: number;
  last_line: number;
  failing: boolean;
  last_error: string;
}

export interface PacketLoop {
  flows: number;
  evicted: number;
  queue_enobufs: number;
  events_lost: number;
  ledger_names: number;
}

export interface Gateway {
  version: string;
  instance: string;
  started: number;
  written: number;
  healthy: boolean;
  clock_synchronised: boolean;
  policy: {
    revision: number;
    file_broken: boolean;
    findings: number;
    problems: number;
    names_with_problems: number;
    age_seconds?: number;
  };
  packet_loops: PacketLoop[];
  dns: {
    names: number;
    names_unanswered: number;
    asked: number;
    answered: number;
    failed: number;
    timeouts: number;
    last_failure: string;
  };
  flow_log: StreamStatus;
  config_log: StreamStatus;
  dropped_by_kernel_rules: Record<string, number>;
  conntrack?: { entries: number; max: number };
  snat?: { destinations: number; top: { dst: string; ports: number }[] };
  aws?: { region: string; problems: number; shipped: Record<string, ShippedStatus> };
  histograms?: Record<string, Histogram>;
}

export interface Status {
  kind: "gateway" | "logs";
  version: string;
  time: string;
  group: string;
  policy: boolean;
  gateway: Gateway | null;
}

export interface LogEvent {
  eventId: string;
  timestamp: number;
  message: string;
  logStreamName: string;
}

export interface EventPage {
  events: LogEvent[];
  nextToken?: string;
}

export interface FlowRecord {
  time: string;
  dhost: string;
  cat: string;
  outcome: string;
  src: string;
  spt: number;
  dst: string;
  dpt: number;
  proto: string;
  proto_v?: string;
  reason: string;
  pqc?: boolean;
  see_thru_exerted?: boolean;
  see_thru_gid?: string;
  held_ms?: number;
  [field: string]: unknown;
}

export interface ConfigRecord {
  time: string;
  cat: string;
  outcome: string;
  client?: string;
  subnet?: string;
  gid?: string;
  addr?: string;
  proto?: string;
  thru_date?: string;
  http_path?: string;
  reason?: string;
  [field: string]: unknown;
}

export interface Explanation {
  allowed: boolean;
  by_see_thru: boolean;
  src: string;
  dhost: string;
  dpt: number;
  proto: string;
  groups: string[];
  gid: string;
  addr: string;
  reason: string;
  sentence: string;
  verified_at_run_time: string[];
  advice: string[];
  annotation: string | null;
}

export interface SeeThru {
  until: string;
  gid: string;
  days_remaining: number;
  in_force: boolean;
}

export interface Member {
  proto: string;
  member: string;
  outcome: string;
  reason: string;
}

export interface Rule {
  where: string;
  annotation: string;
  ports: string;
  members: Member[];
}

export interface Client {
  client?: string;
  subnet?: string;
  where: string;
  groups: string[];
  see_thru: SeeThru | null;
}

export interface Group {
  gid: string;
  where: string;
  rules: Rule[];
}

export interface Policy {
  source: string;
  file: string;
  day: string;
  revision?: number;
  preferences: Record<string, unknown>;
  clients: Client[];
  groups: Group[];
  strangers: { see_thru: SeeThru | null };
  unused_groups: string[];
  problems: string[];
  names?: Record<string, { addresses: string[]; problem: string }>;
}

export interface Usage {
  rules: { gid: string; addr: string; proto: string; connections: number; last: string }[];
  connections: number;
  unmatched: number;
  complete: boolean; // false: rules that are not in it may be in use, too
}

export interface Wanted {
  proto: string;
  port: number;
  dhost: string;
}

export interface SeenName extends Wanted {
  connections: number;
  clients: number;
  first: string;
  last: string;
  reason: string;
  advice?: string;
}

export interface Wildcard {
  port: number;
  pattern: string;
  names: string[];
}

export interface Allowlist {
  gid: string;
  into: string;
  connections: number;
  first: string;
  last: string;
  names: SeenName[];
  apart: SeenName[];
  wildcards: Wildcard[];
  notes: string[];
  completeness: {
    last_new: string;
    last_new_name: string;
    days: number;
    days_without_new: number;
    clients: number;
    clients_without_new: number;
    see_thru_ends?: string;
    see_thru_days_remaining?: number;
  };
  curve?: { day: string; names: number }[];
}

export interface RuleText {
  protocol: string;
  port: number;
  destination: string;
  description: string;
}

export interface WrittenRules {
  rules: RuleText[];
  terraform: string;
  policy_file: string;
  notes: string[];
}

export interface Replay {
  changes: {
    change: string;
    groups: string;
    proto: string;
    port: number;
    dhost: string;
    before: string;
    now: string;
    uncertain: boolean;
    connections: number;
    clients: number;
    first: string;
    last: string;
  }[];
  connections: number;
  newly_refused: number;
  not_judged: number;
  not_listed: number;
}
