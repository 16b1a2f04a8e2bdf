// The health tiles out of the status: a value, its state, and what it means.
//
// `first` is the reading when the page was opened, so that "grows" can be told from "grew once".
// What is worth an alarm is said in docs/operations.md. Tested by test/tiles.test.ts.
import { plural } from "./words";
import { formatSpan } from "./time";
import type { Gateway } from "./types";

const kSourcePorts = 64_512; // to one destination

export interface Tile {
  name: string;
  value: string;
  state: "good" | "warn" | "bad";
  note: string;
}

const count = (value: number): string => value.toLocaleString("en");
const total = (
  loops: Gateway["packet_loops"],
  of: (l: Gateway["packet_loops"][number]) => number,
) => loops.reduce((sum, loop) => sum + of(loop), 0);

function policyTile(g: Gateway): Tile {
  const p = g.policy;
  const problems = p.problems + p.names_with_problems;
  const age =
    p.age_seconds === undefined ? "" : `, taken in ${formatSpan(p.age_seconds * 1000)} ago`;
  return {
    name: "Policy",
    value: `revision ${count(p.revision)}`,
    state: p.file_broken ? "bad" : problems > 0 ? "warn" : "good",
    note: p.file_broken
      ? "the file is broken; the last good one counts"
      : problems > 0
        ? `${plural(p.problems, "problem")}, ${plural(p.names_with_problems, "name")} without address`
        : `no problems${age}`,
  };
}

function dnsTile(g: Gateway, first: Gateway): Tile {
  const grown = g.dns.failed - first.dns.failed;
  return {
    name: "DNS",
    value: g.dns.failed === 0 ? "no failure" : `${count(g.dns.failed)} failed`,
    state: grown > 0 ? "bad" : g.dns.failed > 0 || g.dns.names_unanswered > 0 ? "warn" : "good",
    note:
      grown > 0
        ? `${count(grown)} while you look: ${g.dns.last_failure}`
        : `${plural(g.dns.names, "name")}, ${count(g.dns.names_unanswered)} unanswered`,
  };
}

function queueTile(g: Gateway, first: Gateway): Tile {
  const drops = (x: Gateway) =>
    total(x.packet_loops, (l) => l.queue_enobufs + l.events_lost + l.evicted) +
    (x.dropped_by_kernel_rules.no_queue ?? 0);
  const grown = drops(g) - drops(first);
  const flows = total(g.packet_loops, (l) => l.flows);
  return {
    name: "Packet queue",
    value: drops(g) === 0 ? "no drops" : `${count(drops(g))} drops`,
    state: grown > 0 ? "bad" : drops(g) > 0 ? "warn" : "good",
    note: grown > 0 ? `${count(grown)} while you look` : `${plural(flows, "connection")} in hand`,
  };
}

function conntrackTile(g: Gateway): Tile[] {
  if (!g.conntrack?.max) return [];
  const top = g.snat?.top[0];
  const use = g.conntrack.entries / g.conntrack.max;
  const ports = (top?.ports ?? 0) / kSourcePorts;
  const most = Math.max(use, ports);
  return [
    {
      name: "Connections",
      value: `${Math.round(use * 100)} % full`,
      state: most > 0.95 ? "bad" : most > 0.8 ? "warn" : "good",
      note:
        top && ports > 0.1
          ? `${count(top.ports)} source ports to ${top.dst}`
          : `${count(g.conntrack.entries)} of ${count(g.conntrack.max)}`,
    },
  ];
}

function logTile(g: Gateway): Tile {
  const dropped = g.flow_log.dropped_lines + g.config_log.dropped_lines;
  const failing = g.flow_log.failing || g.config_log.failing;
  return {
    name: "Log",
    value: failing ? "cannot write" : dropped > 0 ? `${count(dropped)} lines lost` : "all written",
    state: failing ? "bad" : dropped > 0 ? "warn" : "good",
    note: failing
      ? g.flow_log.last_error || g.config_log.last_error
      : `${count(g.flow_log.lines)} lines, ${formatBytes(g.flow_log.disk_bytes)} on disk`,
  };
}

function shipperTile(g: Gateway, now: number): Tile[] {
  const shipped = Object.values(g.aws?.shipped ?? {});
  if (shipped.length === 0) return [];
  const failing = shipped.find((s) => s.failing);
  const last = Math.min(...shipped.map((s) => s.last_line).filter((t) => t > 0));
  const lag = Number.isFinite(last) ? formatSpan(now - last * 1000) : "nothing yet";
  const lost = shipped.reduce((sum, s) => sum + s.rejected + s.refused + s.lost_segments, 0);
  return [
    {
      name: "Shipping",
      value: failing ? "fails" : lost > 0 ? `${count(lost)} refused` : "in order",
      state: failing ? "bad" : lost > 0 ? "warn" : "good",
      note: failing ? failing.last_error : `last line of ${lag} ago`,
    },
  ];
}

export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ["GB", 1e9],
    ["MB", 1e6],
    ["kB", 1e3],
  ] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`;
  }
  return `${bytes} B`;
}

export function tilesOf(g: Gateway, first: Gateway, now: number): Tile[] {
  return [
    {
      name: "Gateway",
      value: g.healthy ? "healthy" : "not healthy",
      state: g.healthy ? (g.clock_synchronised ? "good" : "warn") : "bad",
      note: !g.clock_synchronised
        ? "the clock is not synchronised"
        : g.healthy
          ? `${g.instance}, up ${formatSpan(now - g.started * 1000)}`
          : "see the last self lines of the config log",
    },
    policyTile(g),
    dnsTile(g, first),
    queueTile(g, first),
    ...conntrackTile(g),
    logTile(g),
    ...shipperTile(g, now),
  ];
}
