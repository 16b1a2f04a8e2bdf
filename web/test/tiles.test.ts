// Tiles: each thing that is worth an alarm changes the state of its tile.
import { describe, expect, test } from "vitest";
import { formatBytes, tilesOf } from "../src/tiles";
import type { Gateway } from "../src/types";

const stream = { lines: 5, dropped_lines: 0, disk_bytes: 1500, failing: false, last_error: "" };
const well = (): Gateway => ({
  version: "0.1.0",
  instance: "gw-1",
  started: 1000,
  written: 2000,
  healthy: true,
  clock_synchronised: true,
  policy: { revision: 3, file_broken: false, findings: 0, problems: 0, names_with_problems: 0 },
  packet_loops: [{ flows: 2, evicted: 0, queue_enobufs: 0, events_lost: 0, ledger_names: 1 }],
  dns: {
    names: 2,
    names_unanswered: 0,
    asked: 9,
    answered: 9,
    failed: 0,
    timeouts: 0,
    last_failure: "",
  },
  flow_log: { ...stream },
  config_log: { ...stream },
  dropped_by_kernel_rules: { no_queue: 0 },
  aws: {
    region: "x",
    problems: 0,
    shipped: {
      flow: {
        lines: 1,
        rejected: 0,
        refused: 0,
        lost_segments: 0,
        last_line: 1990,
        failing: false,
        last_error: "",
      },
    },
  },
});
const states = (g: Gateway, first = g) =>
  Object.fromEntries(tilesOf(g, first, 2e6).map((tile) => [tile.name, tile.state]));

test("a gateway that is well has only good tiles", () =>
  expect(new Set(Object.values(states(well())))).toEqual(new Set(["good"])));

describe("one thing that is wrong", () => {
  test.each<[string, (g: Gateway) => void, string, string]>([
    [
      "not healthy",
      (g) => {
        g.healthy = false;
      },
      "Gateway",
      "bad",
    ],
    [
      "no clock",
      (g) => {
        g.clock_synchronised = false;
      },
      "Gateway",
      "warn",
    ],
    [
      "a broken file",
      (g) => {
        g.policy.file_broken = true;
      },
      "Policy",
      "bad",
    ],
    [
      "a problem",
      (g) => {
        g.policy.names_with_problems = 1;
      },
      "Policy",
      "warn",
    ],
    [
      "old failures",
      (g) => {
        g.dns.failed = 1;
      },
      "DNS",
      "warn",
    ],
    [
      "old drops",
      (g) => {
        g.packet_loops[0]!.queue_enobufs = 1;
      },
      "Packet queue",
      "warn",
    ],
    [
      "a full disk",
      (g) => {
        g.flow_log.failing = true;
      },
      "Log",
      "bad",
    ],
    [
      "lost lines",
      (g) => {
        g.config_log.dropped_lines = 1;
      },
      "Log",
      "warn",
    ],
    [
      "shipping fails",
      (g) => {
        g.aws!.shipped.flow!.failing = true;
      },
      "Shipping",
      "bad",
    ],
  ])("%s", (_, change, tile, state) => {
    const g = well();
    change(g);
    expect(states(g)[tile]).toBe(state);
  });
});

test("what grows while one looks is worse than what grew once", () => {
  const g = well();
  g.dns.failed = 2;
  g.dropped_by_kernel_rules.no_queue = 4;
  expect(states(g, well())).toMatchObject({ DNS: "bad", "Packet queue": "bad" });
});

test.each([
  [100, 10, "good"],
  [850, 10, "warn"],
  [100, 60_000, "warn"],
  [960, 10, "bad"],
])("%i of 1000 connections and %i source ports are %s", (entries, ports, state) => {
  const g = well();
  g.conntrack = { entries, max: 1000 };
  g.snat = { destinations: 1, top: [{ dst: "198.51.100.7:443", ports }] };
  expect(states(g)).toMatchObject({ Connections: state });
});

test("without shipping there is no tile for it", () => {
  const g = well();
  delete g.aws;
  expect(states(g)).not.toHaveProperty("Shipping");
});

test("bytes have units", () =>
  expect([5, 1500, 2e6, 3.25e9].map(formatBytes)).toEqual(["5 B", "1.5 kB", "2.0 MB", "3.3 GB"]));
