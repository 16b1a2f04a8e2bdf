// Fixtures of the mock: a day and more of flow lines, a config log, a policy; some of it hostile.
//
// Seeded, so that two runs look alike but for the clock. Names, paths and user agents carry markup,
// control characters, text that turns round, and values of a kilobyte: the page must show them as
// text and keep its shape.
let seed = 7;
export const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
const pick = (list) => list[Math.floor(random() * list.length)];

const kWell = [
  "api.github.com",
  "pypi.org",
  "files.pythonhosted.org",
  "registry.npmjs.org",
  "deb.debian.org",
  "sts.eu-west-1.amazonaws.com",
  "hooks.slack.com",
  "api.stripe.com",
];
const kLearning = [
  "a.cdn.example",
  "b.cdn.example",
  "c.cdn.example",
  "d.cdn.example",
  "img.shop.example",
  "auth.shop.example",
  "eu.metrics.example",
  "us.metrics.example",
  "ap.metrics.example",
  "telemetry.vendor.example",
  "licence.vendor.example",
  "updates.vendor.example",
  "mirror.example.org",
  "smtp.relay.example",
  "xn--bcher-kva.example",
  `${"very-long-label-".repeat(3)}x.${"deep.".repeat(20)}example`,
];
const kRefused = [
  [
    "unlisted.test",
    "not-allowlisted: no rule of this client names the destination for this protocol",
    "tls",
  ],
  [
    "unlisted.test",
    "not-allowlisted: no rule of this client names the destination for this protocol",
    "tls",
  ],
  [
    "exfil.example.net",
    "not-allowlisted: no rule of this client names the destination for this protocol",
    "tls",
  ],
  [
    "api.github.com",
    "port-not-allowed: a rule names the destination, but not on this port",
    "tls",
    8443,
  ],
  [
    "cdn.example.com",
    "dns-mismatch: the gateway's own look-ups do not give this address for the name",
    "tls",
  ],
  ["198.51.100.23", "tls-no-sni: the ClientHello names no server", "tls"],
  [
    "198.51.100.77",
    "not-allowlisted: no rule of this client names the destination for this protocol",
    "ssh",
    22,
  ],
  [
    "old.example.org",
    "tls-version-client-too-old: the client offers nothing newer than TLS 1.1",
    "tls",
  ],
  ["updates.example.org", "http-not-allowed: plaintext HTTP is not allowed", "http", 80],
  [
    "198.51.100.9",
    "proto-quic: QUIC (HTTP/3) is not forwarded; clients fall back to TLS over TCP",
    "unknown",
  ],
  [
    "<img src=x onerror=alert(1)>.example",
    "not-allowlisted: no rule of this client names the destination for this protocol",
    "http",
    80,
  ],
];
const kHostile = {
  http_path: `/<script>alert(document.cookie)</script>?q="'${"%41".repeat(300)}`,
  http_user_agent: `=HYPERLINK("http://x")\u202egnp.exe ${"A".repeat(900)}…[truncated]`,
};

function flowLine(time, index) {
  const share = random();
  const learning = share > 0.72 && share < 0.9;
  const refused = share >= 0.9;
  const row = refused ? pick(kRefused) : null;
  const dhost = refused
    ? row[0]
    : learning
      ? kLearning[Math.min(Math.floor(random() ** 2 * 16), 15)]
      : pick(kWell);
  const proto = refused ? row[2] : random() < 0.06 ? "ssh" : "tls";
  const line = {
    time: new Date(time).toISOString(),
    dhost,
    cat: "client",
    outcome: refused ? "disallowed" : "allowed",
    src: learning ? pick(["10.0.1.50", "10.0.1.51"]) : pick(["10.0.1.10", "10.0.1.11", "10.0.2.7"]),
    spt: 32768 + (index % 28000),
    dst: `198.51.100.${1 + (index % 250)}`,
    dpt: refused ? (row[3] ?? 443) : proto === "ssh" ? 22 : 443,
    proto,
    proto_v:
      proto === "tls"
        ? random() < 0.12
          ? "1.2"
          : "1.3"
        : proto === "ssh"
          ? "2.0"
          : proto === "http"
            ? "1.1"
            : undefined,
    reason: refused ? row[1] : learning ? kRefused[0][1] : `policy:sg-web: ${dhost}`,
    instance: "gw-1",
  };
  if (proto === "tls") line.pqc = random() < 0.5;
  if (proto === "http")
    Object.assign(
      line,
      { http_method: "GET", http_path: "/" },
      dhost.startsWith("<") ? kHostile : {},
    );
  if (learning)
    Object.assign(line, {
      see_thru_days_remaining: 12,
      see_thru_gid: "sg-learning",
      see_thru_exerted: true,
    });
  line.evidence = refused || learning ? "none" : random() < 0.05 ? "dns-fresh" : "dns";
  if (line.evidence === "dns-fresh") line.held_ms = 1 + Math.floor(random() * 120);
  return line;
}

const events = { flow: [], config: [] };
let index = 0;

export function add(stream, record) {
  const timestamp = Date.parse(record.time);
  events[stream].push({
    eventId: String(10n ** 40n + BigInt(++index)),
    timestamp,
    ingestionTime: timestamp,
    logStreamName: stream,
    message: JSON.stringify(record),
    record,
  });
  if (events[stream].length > 60_000) events[stream].shift();
}

function answerOf(line) {
  return {
    ...line,
    time: new Date(Date.parse(line.time) + 12).toISOString(),
    cat: "server",
    src: line.dst,
    spt: line.dpt,
    dst: line.src,
    dpt: line.spt,
    held_ms: undefined,
  };
}

export function connect(time) {
  const line = flowLine(time, index);
  add("flow", line);
  if (line.outcome === "allowed" && random() < 0.9) add("flow", answerOf(line));
}

function history(now) {
  const at = (ms) => new Date(now - ms).toISOString();
  const say = (ms, rest) => add("config", { time: at(ms), instance: "gw-1", ...rest });
  say(60 * 36e5, { cat: "self", outcome: "accepted", reason: "started, version 0.1.0" });
  for (const name of kWell)
    say(60 * 36e5 - 40, {
      cat: "addr",
      outcome: "accepted",
      gid: "sg-web",
      addr: name,
      proto: "tls",
    });
  say(60 * 36e5 - 60, { cat: "client", outcome: "accepted", client: "10.0.1.10", gid: "sg-web" });
  say(50 * 36e5, {
    cat: "see-thru",
    outcome: "accepted",
    gid: "sg-learning",
    thru_date: at(-12 * 864e5).slice(0, 10),
  });
  say(26 * 36e5, {
    cat: "addr",
    outcome: "rejected",
    gid: "sg-web",
    addr: "8.8.8.0/24",
    proto: "tls",
    reason: '"8.8.8.0/24": a block of addresses; list single addresses, or better the host names',
  });
  say(26 * 36e5 - 10, {
    cat: "wildcard-addr",
    outcome: "accepted",
    gid: "sg-web",
    addr: "*.github.com",
    proto: "tls",
  });
  say(5 * 36e5, {
    cat: "addr",
    outcome: "removed",
    gid: "sg-web",
    addr: "old.example.org",
    proto: "tls",
  });
  say(5 * 36e5 - 5, {
    cat: "addr",
    outcome: "accepted",
    gid: "sg-web",
    addr: "new.example.org",
    proto: "tls",
  });
  say(2 * 36e5, {
    cat: "addr",
    outcome: "warning",
    gid: "sg-web",
    addr: "gone.example.org",
    proto: "tls",
    reason: "the name does not resolve: NXDOMAIN; correct the name or remove it",
  });
  say(6e5, {
    cat: "self",
    outcome: "warning",
    reason: `policy.toml:12:3: error: unknown key "<b>prots</b>" in [[group.egress]]; the keys here are ${"x".repeat(400)}`,
  });
}

// Sparse for days, denser for the last hours, as retention and traffic would have it.
export function fill(now) {
  for (let t = now - 8 * 864e5; t < now - 864e5; t += 9e5 + random() * 6e5) connect(t);
  for (let t = now - 864e5; t < now - 36e5; t += 2e4 + random() * 2e4) connect(t);
  for (let t = now - 36e5; t < now; t += 300 + random() * 1500) connect(t);
  history(now);
  return events;
}

export function status(now, started) {
  const busy = (now - started) / 1000;
  const histogram = (scale, counts) => ({
    bounds: [
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
    ].map((b) => b * scale),
    counts: counts.map((c) => Math.round(c * busy)),
    sum: counts.reduce((s, c) => s + c, 0) * busy * 0.0012 * scale,
    count: counts.reduce((s, c) => s + Math.round(c * busy), 0),
  });
  return {
    version: "0.1.0",
    instance: "gw-1",
    started: Math.floor(started / 1000),
    written: Math.floor(now / 1000),
    healthy: true,
    clock_synchronised: true,
    queue_form: "nft",
    policy: {
      revision: 4,
      file_broken: false,
      findings: 2,
      problems: 1,
      names_with_problems: 1,
      connections_revoked: 0,
    },
    packet_loops: [
      {
        packets: 10,
        flows: 212,
        held_bytes: 0,
        evicted: 0,
        queue_enobufs: 0,
        events_lost: 0,
        ledger_names: 9,
      },
    ],
    dns: {
      servers: ["10.0.0.2"],
      names: 11,
      names_unanswered: 1,
      asked: 900,
      answered: 890,
      failed: 3,
      timeouts: 2,
      last_failure: "10.0.0.2: timed out",
    },
    flow_log: {
      lines: events.flow.length,
      dropped_lines: 0,
      segments: 3,
      disk_bytes: 31_000_000,
      failing: false,
      last_error: "",
    },
    config_log: {
      lines: events.config.length,
      dropped_lines: 0,
      segments: 1,
      disk_bytes: 9000,
      failing: false,
      last_error: "",
    },
    dropped_by_kernel_rules: { no_queue: 0 },
    conntrack: { entries: 31_245, max: 262_144 },
    snat: { destinations: 40, top: [{ dst: "198.51.100.7:443", ports: 212 }] },
    aws: {
      region: "eu-west-1",
      problems: 0,
      shipped: {
        flow: {
          lines: 100,
          rejected: 0,
          refused: 0,
          lost_segments: 0,
          last_line: Math.floor(now / 1000) - 14,
          failing: false,
          last_error: "",
        },
      },
    },
    histograms: {
      handshake_seconds: histogram(10, [0, 0, 0, 1, 6, 20, 12, 4, 2, 1, 0.2, 0.1, 0, 0]),
      held_seconds: histogram(10, [0, 0, 0, 0.1, 0.4, 1, 0.6, 0.3, 0.1, 0, 0, 0, 0, 0]),
      added_seconds: histogram(0.1, [2, 30, 60, 20, 5, 2, 1, 0.4, 0.2, 0, 0, 0, 0, 0]),
    },
  };
}
