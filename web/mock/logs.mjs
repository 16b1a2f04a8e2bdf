// The mock's log operations: FilterLogEvents and Insights as far as the console's own texts need
// them.
//
// Conditions are joined by `&&` or `and` only, plus one alternative in parentheses; whatever else
// is written is an error, so that a wrong answer is never mistaken for the endpoint's. The real
// languages are the endpoint's: run the server with --logs or --proxy for them.
export class Refused extends Error {
  constructor(type, message, extra = {}) {
    super(message);
    Object.assign(this, { type, extra, status: 400 });
  }
}

function jsonCondition(text) {
  const any = /^\((.*\|\|.*)\)$/.exec(text);
  if (any) {
    const tests = any[1].split("||").map((part) => jsonCondition(part.trim()));
    return (record) => tests.some((test) => test(record));
  }
  const is = /^\$\.(\w+) IS (TRUE|FALSE)$/i.exec(text);
  if (is) return (record) => record[is[1]] === (is[2].toUpperCase() === "TRUE");
  const match = /^\$\.(\w+) (=|!=|<=|>=|<|>) (?:"((?:[^"\\]|\\.)*)"|([\w.*+-]+))$/.exec(text);
  if (!match)
    throw new Refused(
      "InvalidParameterException",
      `Invalid character(s) in term '${text.split(" ").pop()}': a value is missing or the mock does not know this`,
    );
  const [, field, op, quoted, bare] = match;
  const value = quoted?.replace(/\\(.)/g, "$1") ?? bare;
  const glob = new RegExp(
    `^${value
      .split("*")
      .map((p) => p.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join("[^]*")}$`,
  );
  return (record) => {
    const own = record[field];
    if (typeof own !== "string" && typeof own !== "number") return false;
    if (op === "=") return glob.test(String(own));
    if (op === "!=") return !glob.test(String(own));
    const [a, b] = [Number(own), Number(value)];
    return op === "<" ? a < b : op === ">" ? a > b : op === "<=" ? a <= b : a >= b;
  };
}

function splitTop(text, joint) {
  const parts = [];
  let depth = 0,
    quoted = false,
    start = 0;
  for (let i = 0; i < text.length; ++i) {
    if (text[i] === '"' && text[i - 1] !== "\\") quoted = !quoted;
    if (quoted) continue;
    if ("([".includes(text[i])) ++depth;
    if (")]".includes(text[i])) --depth;
    if (depth === 0 && text.startsWith(joint, i)) {
      parts.push(text.slice(start, i));
      start = i + joint.length;
    }
  }
  return [...parts, text.slice(start)].map((part) => part.trim());
}

export function matcher(pattern = "") {
  const text = pattern.trim();
  if (!text) return () => true;
  if (!text.startsWith("{"))
    return (_, message) => text.split(/\s+/).every((t) => message.includes(t.replace(/"/g, "")));
  if (!text.endsWith("}"))
    throw new Refused(
      "InvalidParameterException",
      "If a filter pattern starts with '{' it must end with '}'",
    );
  const tests = splitTop(text.slice(1, -1), "&&").map(jsonCondition);
  return (record) => tests.every((test) => test(record));
}

const kPeriods = { s: 1e3, m: 6e4, h: 36e5, d: 864e5 };

function wrong(query, part) {
  const at = Math.max(0, query.indexOf(part));
  const message = `unexpected symbol found ${part.slice(0, 30)}: the mock does not know this`;
  throw new Refused("MalformedQueryException", message, {
    queryCompileError: {
      location: { startCharOffset: at, endCharOffset: at + part.length },
      message,
    },
  });
}

function insightsCondition(query, text) {
  let match;
  const known = (v) => v !== undefined && v !== false && v !== "" && v !== 0;
  if (/^\w+$/.test(text)) return (row) => known(row[text]);
  if ((match = /^ispresent\((\w+)\)$/.exec(text))) return (row) => row[match[1]] !== undefined;
  if ((match = /^(\w+) in \[(.*)\]$/.exec(text))) {
    const values = JSON.parse(`[${match[2]}]`).map(String);
    const field = match[1];
    return (row) => values.includes(String(row[field]));
  }
  if ((match = /^(\w+) (=|!=|>|<) "?([^"]*)"?$/.exec(text))) {
    const [, field, op, value] = match;
    return (row) =>
      op === "="
        ? String(row[field]) === value
        : op === "!="
          ? String(row[field]) !== value
          : op === ">"
            ? Number(row[field]) > Number(value)
            : Number(row[field]) < Number(value);
  }
  return wrong(query, text);
}

const shown = (value) => (value === true ? "1" : value === false ? "0" : String(value));

function aggregate(query, text, rows) {
  let match;
  const value = (row, field) => {
    const clean = /^if\(cat = "client", src, dst\)$/.test(field)
      ? row.cat === "client"
        ? "src"
        : "dst"
      : field;
    return row[clean];
  };
  if (/^count\(\*?\)$/.test(text)) return rows.length;
  if ((match = /^count_distinct\((.*)\)$/.exec(text)))
    return new Set(rows.map((row) => value(row, match[1]))).size;
  if ((match = /^latest\((.*)\)$/.exec(text))) return rows[rows.length - 1][match[1]];
  if ((match = /^pct\((\w+), (\d+)\)$/.exec(text))) {
    const sorted = rows
      .map((row) => Number(row[match[1]]))
      .filter(Number.isFinite)
      .sort((a, b) => a - b);
    return sorted[Math.ceil((sorted.length * match[2]) / 100) - 1];
  }
  return wrong(query, text);
}

function stats(query, text, rows) {
  const [what, by] = text.split(/\s+by\s+/);
  const named = (part) => {
    const [form, name] = part.split(/\s+as\s+/);
    return { form, name: name ?? form };
  };
  const keys = by ? splitTop(by, ",").map(named) : [];
  const outs = splitTop(what, ",").map(named);
  const keyValue = (row, { form }) => {
    const bin = /^bin\((\d+)([smhd])\)$/.exec(form);
    if (!bin) return row[form] === undefined ? undefined : shown(row[form]);
    const width = bin[1] * kPeriods[bin[2]];
    return new Date(Math.floor(Date.parse(row.time) / width) * width)
      .toISOString()
      .replace("T", " ")
      .replace("Z", "");
  };
  const groups = new Map();
  for (const row of rows) {
    const values = keys.map((key) => keyValue(row, key));
    const id = JSON.stringify(values);
    if (!groups.has(id)) groups.set(id, { values, rows: [] });
    groups.get(id).rows.push(row);
  }
  return [...groups.values()].map(({ values, rows: own }) => ({
    ...Object.fromEntries(
      keys.map((key, i) => [key.name, values[i]]).filter(([, v]) => v !== undefined),
    ),
    ...Object.fromEntries(outs.map((out) => [out.name, aggregate(query, out.form, own)])),
  }));
}

export function runQuery(query, events) {
  let rows = events.map((event) => ({
    ...event.record,
    "@message": event.message,
    "@timestamp": event.record.time,
  }));
  let grouped = false;
  for (const command of splitTop(query.replace(/#.*$/gm, ""), "|")) {
    const [, name, rest = ""] = /^(\w+)\s*([^]*)$/.exec(command.replace(/\s+/g, " ")) ?? [];
    if (name === "filter") {
      const tests = splitTop(rest, " and ").map((part) => insightsCondition(query, part));
      rows = rows.filter((row) => tests.every((test) => test(row)));
    } else if (name === "parse") {
      const regex = /^reason \/(.*)\/$/.exec(rest);
      if (!regex) wrong(query, rest);
      rows = rows.map((row) => ({
        ...row,
        ...new RegExp(regex[1]).exec(row.reason ?? "")?.groups,
      }));
    } else if (name === "stats") {
      rows = stats(query, rest, rows);
      grouped = true;
    } else if (name === "sort") {
      const [field, order] = rest.split(" ");
      rows.sort((a, b) => (Number(a[field]) - Number(b[field])) * (order === "desc" ? -1 : 1));
    } else if (name === "limit") {
      rows = rows.slice(0, Number(rest));
    } else {
      wrong(query, name ?? (command || "|"));
    }
  }
  if (!grouped)
    rows = rows
      .slice(-1000)
      .reverse()
      .map((row) => ({ "@timestamp": row["@timestamp"], "@message": row["@message"] }));
  return rows
    .slice(0, 10_000)
    .map((row) => Object.entries(row).map(([field, value]) => ({ field, value: shown(value) })));
}
