// The mock's answers beside the logs: session, status, explain, policy, usage, allowlist, rules,
// replay.
//
// Shapes are those of docs/console-api.md; the contents follow from the fixtures, as far as that is
// simple. With the query parameter-like options of the server a login may be needed, or a policy
// away.
import { status } from "./fixtures.mjs";

const kStarted = Date.now() - 3 * 36e5;
const day = (ms) => new Date(ms).toISOString().slice(0, 10);

export function session(options, cookie) {
  if (!options.login) return { login: "none" };
  return cookie ? { login: "done", id: "LOGS1" } : { login: "needed" };
}

export function statusAnswer(options, now) {
  return {
    kind: options.logsOnly ? "logs" : "gateway",
    version: "0.1.0",
    time: new Date(now).toISOString(),
    group: "DiscrimiNAT",
    policy: !options.noPolicy,
    gateway: options.logsOnly ? null : status(now, kStarted),
  };
}

const kGroups = {
  "10.0.1.10": ["sg-web"],
  "10.0.1.11": ["sg-base", "sg-web"],
  "10.0.1.50": ["sg-learning", "sg-web"],
  "10.0.1.51": ["sg-learning"],
};
const kNames = [
  "api.github.com",
  "pypi.org",
  "files.pythonhosted.org",
  "registry.npmjs.org",
  "deb.debian.org",
  "hooks.slack.com",
  "api.stripe.com",
  "gone.example.org",
  "sts.eu-west-1.amazonaws.com",
];

export function policy(now) {
  const seeThru = {
    until: day(now + 12 * 864e5),
    gid: "sg-learning",
    days_remaining: 12,
    in_force: true,
  };
  const member = (proto, name, outcome = "accepted", reason = "") => ({
    proto,
    member: name,
    outcome,
    reason,
  });
  const clients = Object.entries(kGroups).map(([client, groups], i) => ({
    client,
    where: `policy.toml:${30 + i}:1`,
    groups,
    see_thru: groups.includes("sg-learning") ? seeThru : null,
  }));
  for (let i = 0; i < 400; ++i)
    clients.push({
      client: `10.0.${4 + (i >> 8)}.${i & 255}`,
      where: `policy.toml:${50 + i}:1`,
      groups: ["sg-base"],
      see_thru: null,
    });
  clients.push({
    subnet: "10.0.2.0/28",
    where: "policy.toml:600:1",
    groups: ["sg-web"],
    see_thru: null,
  });
  return {
    source: "file",
    file: "/etc/discriminat/policy.toml",
    day: day(now),
    revision: 4,
    preferences: {
      wildcard_exposure: "prohibit_public_suffix",
      flow_log_verbosity: "full",
      see_thru: null,
      x509_crls: "ignore",
    },
    clients,
    groups: [
      {
        gid: "sg-base",
        where: "policy.toml:6:1",
        rules: [
          {
            where: "policy.toml:8:3",
            annotation: "discriminat:tls:deb.debian.org",
            ports: "443",
            members: [member("tls", "deb.debian.org")],
          },
          {
            where: "policy.toml:9:3",
            annotation: `discriminat:tls:${Array.from({ length: 60 }, (_, i) => `n${i}.list.example`).join(",")}`,
            ports: "443",
            members: Array.from({ length: 60 }, (_, i) => member("tls", `n${i}.list.example`)),
          },
        ],
      },
      {
        gid: "sg-learning",
        where: "policy.toml:13:1",
        rules: [
          {
            where: "policy.toml:15:3",
            annotation: `discriminat:see-thru:${seeThru.until}`,
            ports: "all",
            members: [member("see-thru", seeThru.until)],
          },
        ],
      },
      {
        gid: "sg-web",
        where: "policy.toml:20:1",
        rules: [
          {
            where: "policy.toml:22:3",
            annotation: `discriminat:tls:${kNames.join(",")},8.8.8.0/24,*.github.com`,
            ports: "443",
            members: [
              ...kNames.map((name) => member("tls", name)),
              member("tls", "*.github.com"),
              member(
                "tls",
                "8.8.8.0/24",
                "rejected",
                '"8.8.8.0/24": a block of addresses; list single addresses, or better the host names',
              ),
            ],
          },
          {
            where: "policy.toml:25:3",
            annotation: "discriminat:ssh:github.com,*.gitlab.example <b>for the build</b>",
            ports: "22",
            members: [
              member("ssh", "github.com"),
              member(
                "ssh",
                "*.gitlab.example",
                "warning",
                '"*.gitlab.example": SSH carries no host name, so a wildcard has no effect; list the names',
              ),
            ],
          },
        ],
      },
    ],
    strangers: { see_thru: null },
    unused_groups: ["sg-forgotten"],
    problems: [],
    names: Object.fromEntries(
      [...kNames, "github.com"].map((name, i) => [
        name,
        name.startsWith("gone")
          ? { addresses: [], problem: "the name does not exist" }
          : {
              addresses: Array.from({ length: 1 + (i % 6) }, (_, k) => `198.51.100.${i * 8 + k}`),
              problem: "",
            },
      ]),
    ),
  };
}

export function usage(body, events) {
  const rules = new Map();
  let connections = 0;
  for (const { timestamp, record } of events.flow) {
    const match = /^policy:([^:]*): (.*)$/.exec(record.reason);
    if (!match || record.cat !== "client" || timestamp < body.from || timestamp > body.to) continue;
    ++connections;
    const rule = {
      gid: match[1],
      addr: match[2],
      proto: record.proto,
      connections: 0,
      ...rules.get(match[0]),
    };
    rules.set(match[0], { ...rule, connections: rule.connections + 1, last: record.time });
  }
  return { rules: [...rules.values()], connections, unmatched: 2, complete: true };
}

export function explain(body) {
  const proto = body.proto ?? "tls";
  const groups = kGroups[body.src] ?? (body.src.startsWith("10.0.") ? ["sg-web"] : []);
  const isName = kNames.includes(body.to) || /^[^.]+\.github\.com$/.test(body.to);
  const base = {
    src: body.src,
    dhost: body.to,
    dpt: body.port ?? 443,
    proto,
    groups,
    gid: "",
    addr: "",
    reason: "",
    sentence: "",
    verified_at_run_time: [],
    advice: [],
    annotation: null,
    allowed: false,
    by_see_thru: false,
  };
  if (groups.includes("sg-web") && isName && proto === "tls" && base.dpt === 443) {
    return {
      ...base,
      allowed: true,
      gid: "sg-web",
      addr: body.to,
      verified_at_run_time: [
        `its own look-ups of ${body.to} give the destination address`,
        `the TLS handshake is well formed and asks for ${body.to}`,
        "client and server agree on TLS 1.2 or newer",
      ],
    };
  }
  if (groups.length === 0)
    return {
      ...base,
      reason: "client-unknown",
      sentence: "the source address belongs to no known client",
      advice: [
        "make the source a client:",
        "  [[client]]",
        `  address = "${body.src}"`,
        '  groups = ["…"]',
      ],
    };
  if (proto === "http")
    return {
      ...base,
      reason: "http-not-allowed",
      sentence: "plaintext HTTP is not allowed",
      advice: ["no rule can allow plain HTTP: use TLS, or see-thru for a while"],
    };
  const seeThru = groups.includes("sg-learning");
  return {
    ...base,
    reason: isName ? "port-not-allowed" : "not-allowlisted",
    sentence: isName
      ? "a rule names the destination, but not on this port"
      : "no rule of this client names the destination for this protocol",
    ...(seeThru
      ? {
          allowed: true,
          by_see_thru: true,
          gid: "sg-learning",
          addr: day(Date.now() + 12 * 864e5),
          verified_at_run_time: ["the bytes of the connection are sound; nothing else"],
        }
      : {}),
    annotation: `discriminat:${proto}:${body.to}`,
    advice: [
      `add to ${groups.join(" or ")}:`,
      "  [[group.egress]]",
      `  description = "discriminat:${proto}:${body.to}"`,
      `  ports = ${base.dpt}`,
    ],
  };
}

export function allowlist(body, events) {
  const names = new Map(),
    apart = new Map(),
    clients = new Set(),
    days = new Map();
  let connections = 0,
    first = "",
    last = "",
    lastNew = "",
    lastName = "";
  for (const { timestamp, record: r } of events.flow) {
    if (
      !r.see_thru_exerted ||
      r.cat !== "client" ||
      r.see_thru_gid !== body.gid ||
      timestamp < body.from ||
      timestamp > body.to
    )
      continue;
    ++connections;
    first ||= r.time;
    last = r.time;
    clients.add(r.src);
    const into = r.proto === "tls" ? names : apart;
    const key = `${r.proto} ${r.dpt} ${r.dhost}`;
    if (!into.has(key)) {
      into.set(key, {
        proto: r.proto,
        port: r.dpt,
        dhost: r.dhost,
        connections: 0,
        seen: new Set(),
        first: r.time,
        reason: "not-allowlisted",
      });
      if (into === names) [lastNew, lastName] = [r.time, r.dhost];
    }
    const row = into.get(key);
    ++row.connections;
    row.seen.add(r.src);
    row.last = r.time;
    days.set(r.time.slice(0, 10), names.size);
  }
  const plain = ({ seen, ...row }) => ({ ...row, clients: seen.size });
  const under = (parent) =>
    [...names.values()]
      .map((n) => n.dhost)
      .filter((n) => n.split(".").slice(1).join(".") === parent);
  return {
    gid: body.gid,
    into: body.gid,
    connections,
    first,
    last,
    rules: [],
    names: [...names.values()].map(plain),
    apart: [...apart.values()].map((row) => ({
      ...plain(row),
      advice: "SSH carries no name: write the host's, discriminat:ssh:NAME, or its address",
    })),
    wildcards: ["cdn.example", "metrics.example", "vendor.example"]
      .map((p) => ({ port: 443, pattern: `*.${p}`, names: under(p) }))
      .filter((w) => w.names.length > 2),
    notes: [],
    completeness: {
      last_new: lastNew,
      last_new_name: lastName,
      days: days.size,
      days_without_new: Math.max(0, days.size - 3),
      clients: clients.size,
      clients_without_new: 1,
      see_thru_ends: day(Date.now() + 12 * 864e5),
      see_thru_days_remaining: 12,
    },
    curve: [...days].map(([d, count]) => ({ day: d, names: count })),
  };
}

export function rules(body) {
  const kSpread = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "0.0.0.0/2", "64.0.0.0/2"];
  const out = [];
  for (const { proto, port, dhost } of body.names) {
    const open = out.find(
      (rule) =>
        rule.port === port &&
        rule.description.startsWith(`discriminat:${proto}:`) &&
        rule.description.length + dhost.length < 255,
    );
    if (open) open.description += `,${dhost}`;
    else
      out.push({
        protocol: "tcp",
        port,
        destination: kSpread[out.filter((r) => r.port === port).length % 5],
        description: `discriminat:${proto}:${dhost}`,
      });
  }
  return {
    rules: out,
    notes: [],
    terraform: out
      .map(
        (r, i) =>
          `resource "aws_vpc_security_group_egress_rule" "discriminat_${r.port}_${i}" {\n  security_group_id = "${body.into}"\n  description       = "${r.description}"\n  ip_protocol       = "tcp"\n  from_port         = ${r.port}\n  to_port           = ${r.port}\n  cidr_ipv4         = "${r.destination}"\n}\n`,
      )
      .join("\n"),
    policy_file: `[[group]]\ngid = "${body.into}"\n${out.map((r) => `  [[group.egress]]\n  description = "${r.description}"\n  ports = ${r.port}\n`).join("")}`,
  };
}

export function replay(body, events) {
  const list = allowlist(body, events);
  const covered = (name) =>
    body.names.some(
      (n) =>
        n.proto === name.proto &&
        n.port === name.port &&
        (n.dhost === name.dhost ||
          (n.dhost.startsWith("*.") &&
            name.dhost.split(".").slice(1).join(".") === n.dhost.slice(2))),
    );
  const changes = [...list.names.filter((name) => !covered(name)), ...list.apart].map((name) => ({
    change: "newly-refused",
    groups: body.gid,
    proto: name.proto,
    port: name.port,
    dhost: name.dhost,
    before: `see-thru ${body.gid}: not-allowlisted`,
    now: "refused: not-allowlisted",
    uncertain: name.proto === "ssh",
    connections: name.connections,
    clients: name.clients,
    first: name.first,
    last: name.last,
  }));
  return {
    changes,
    see_thru_as_of: day(Date.now()),
    connections: list.connections,
    newly_refused: changes.reduce((s, c) => s + c.connections, 0),
    newly_allowed: 0,
    see_thru_only: 0,
    not_judged: 0,
    not_listed: 0,
  };
}
