// Help beside the editor: the commands, the functions and examples to run, in short.
//
// The whole language stands in docs/insights.md; here is what somebody looks up while writing.

const kExamples: [string, string][] = [
  [
    "Refused destinations",
    `filter outcome = "disallowed"
| stats count(*) as refused, count_distinct(src) as clients by dhost, reason
| sort refused desc
| limit 20`,
  ],
  [
    "Outcomes over time",
    `filter cat = "client" and outcome in ["allowed", "disallowed"]
| stats count(*) as n by bin(5m), outcome`,
  ],
  [
    "What see-thru lets through",
    `filter see_thru_exerted and cat = "client"
| stats count(*) as n by see_thru_gid, dhost, proto, dpt
| sort n desc`,
  ],
  [
    "Busiest clients",
    `filter cat = "client" and proto in ["tls", "ssh", "http", "unknown"]
| stats count(*) as n, count_distinct(dhost) as names, latest(@timestamp) as last by src
| fields fromMillis(last) as seen
| display src, n, names, seen
| sort n desc
| limit 20`,
  ],
  [
    "TLS versions in use",
    `filter proto = "tls" and cat = "server"
| stats count(*) as n by proto_v, pqc
| sort n desc`,
  ],
  [
    "The rule behind each name",
    `parse reason "policy:*: *" as gid, rule
| filter ispresent(rule)
| stats count(*) as n, count_distinct(dhost) as names by gid, rule
| sort n desc`,
  ],
  [
    "Time held for DNS",
    `filter held_ms > 0
| stats count(*) as n, pct(held_ms, 50) as p50, pct(held_ms, 99) as p99 by bin(5m)`,
  ],
];

const kCommands: [string, string][] = [
  ["fields a, b + c as d", "shows fields, makes new ones"],
  ["filter condition", "keeps rows: = != < > like in and or not, =~ /regex/"],
  ["stats count(*) as n by a, bin(5m)", "one row for each combination"],
  ["sort a desc, b", "in order"],
  ["limit 20", "the first rows"],
  ["dedup a, b", "the first row of each combination"],
  ['parse reason "policy:*: *" as gid, rule', "text to fields; or /(?<name>…)/"],
  ["display a, b", "shows these instead"],
  ["unnest list into item", "a row for each item"],
];

const kFunctions: [string, string][] = [
  ["stats", "count, count_distinct, sum, avg, stddev, pct(x, 95), min, max, earliest, latest"],
  ["time", "bin(5m), datefloor, dateceil, fromMillis, toMillis, now"],
  [
    "text",
    "concat, substr, strlen, replace, split, trim, tolower, strcontains, startsWith, endsWith",
  ],
  ["values", "if, case, coalesce, ispresent, isempty, toNumber, round, abs, greatest, least"],
  ["addresses", 'isIpv4InSubnet(src, "10.0.0.0/8"), isPrivateIP, isValidIp'],
];

const kFields = `time dhost cat outcome src spt dst dpt proto proto_v reason instance pqc http_method
 http_path http_user_agent http_code see_thru_gid see_thru_days_remaining see_thru_exerted evidence
 held_ms ech`;

export function Help({ onPick }: { onPick: (query: string) => void }) {
  return (
    <aside class="help panel" aria-label="Help">
      <h2>Examples</h2>
      <ul class="examples">
        {kExamples.map(([name, query]) => (
          <li key={name}>
            <button type="button" class="link" title={query} onClick={() => onPick(query)}>
              {name}
            </button>
          </li>
        ))}
      </ul>
      <h2>Commands</h2>
      <dl>
        {kCommands.map(([form, words]) => (
          <div key={form}>
            <dt>
              <code>{form}</code>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <h2>Functions</h2>
      <dl>
        {kFunctions.map(([kind, names]) => (
          <div key={kind}>
            <dt>{kind}</dt>
            <dd class="small">{names}</dd>
          </div>
        ))}
      </dl>
      <h2>Fields of a flow line</h2>
      <p class="small">
        {kFields}; and <code>@timestamp</code>, <code>@message</code>, <code>@logStream</code>.
        Commands are joined by <code>|</code>; <code>#</code> begins a comment. An absent field is
        unequal to everything: <code>!=</code> holds.
      </p>
    </aside>
  );
}
