// Serves the built console with the headers of the gateway, and a mock of /api, on loopback:
//
//     node dev-server.mjs DIST [--port N] [--proxy URL] [--logs URL]
//                              [--login] [--no-policy] [--logs-only] [--quiet-log]
//
// --proxy hands all of /api to an endpoint; --logs only the log operations, in the form of the log
// API, which an endpoint without a console answers too. --login wants the key id LOGS1 with the
// secret "secret"; --no-policy and --logs-only are `discriminat serve`; --quiet-log has no lines at
// all.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as api from "./mock/api.mjs";
import { connect, fill, random } from "./mock/fixtures.mjs";
import { Refused, matcher, runQuery } from "./mock/logs.mjs";

const words = process.argv.slice(2);
const option = (name) => (words.includes(name) ? words[words.indexOf(name) + 1] : undefined);
const dist = words[0] ?? "dist";
const options = {
  login: words.includes("--login"),
  noPolicy: words.includes("--no-policy") || words.includes("--logs-only"),
  logsOnly: words.includes("--logs-only"),
};
const kViews = ["/", "/flows", "/insights", "/allowlist", "/policy", "/login"];

const kHeaders = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Frame-Options": "DENY",
};

const events = words.includes("--quiet-log") ? { flow: [], config: [] } : fill(Date.now());
if (events.flow.length) setInterval(() => random() < 0.7 && connect(Date.now()), 500).unref();
const queries = new Map();

function logOperation(name, body) {
  if (name === "FilterLogEvents") {
    const test = matcher(body.filterPattern);
    const stream = events[body.logStreamNames?.[0] ?? "flow"] ?? [];
    const skip = Number(body.nextToken ?? 0);
    const found = stream
      .filter(
        (e) =>
          e.timestamp >= (body.startTime ?? 0) &&
          e.timestamp <= (body.endTime ?? Infinity) &&
          test(e.record, e.message),
      )
      .sort((a, b) => a.timestamp - b.timestamp);
    const page = found.slice(skip, skip + (body.limit ?? 10_000));
    const next = skip + page.length;
    return {
      events: page.map(({ record, ...event }) => event),
      searchedLogStreams: [],
      ...(next < found.length ? { nextToken: String(next) } : {}),
    };
  }
  if (name === "StartQuery") {
    const lines = [...events.config, ...events.flow]
      .filter((e) => e.timestamp >= body.startTime && e.timestamp <= body.endTime)
      .sort((a, b) => a.timestamp - b.timestamp);
    const queryId = `mock-${queries.size}`;
    queries.set(queryId, {
      results: runQuery(body.queryString, lines),
      scanned: lines.length,
      left: 2,
    });
    return { queryId };
  }
  if (name === "GetQueryResults") {
    const query = queries.get(body.queryId);
    const statistics = {
      recordsScanned: query.scanned,
      recordsMatched: query.results.length,
      bytesScanned: query.scanned * 400,
    };
    return --query.left > 0
      ? { status: "Running", results: [], statistics }
      : { status: "Complete", results: query.results, statistics };
  }
  if (name === "StopQuery") return { success: true };
  throw new Refused("UnknownOperationException", "This operation is not supported.");
}

function answer(path, body, cookie) {
  const now = Date.now();
  if (path === "session") return api.session(options, cookie);
  if (path === "login") {
    if (body.id === "LOGS1" && body.secret === "secret") return { login: "done", id: "LOGS1" };
    throw Object.assign(
      new Refused(
        "AccessDeniedException",
        "no key has this id and secret; see the credentials_file",
      ),
      { status: 403 },
    );
  }
  if (path === "logout") return { login: "needed" };
  if (options.login && !cookie)
    throw Object.assign(new Refused("UnauthorizedException", "log in first"), { status: 401 });
  if (path === "status") return api.statusAnswer(options, now);
  if (path.startsWith("logs/")) return logOperation(path.slice(5), body);
  if (options.noPolicy && ["explain", "policy", "usage", "replay"].includes(path))
    throw Object.assign(
      new Refused("NotFoundException", "this endpoint has no policy; start it with one"),
      { status: 404 },
    );
  const known = {
    explain: () => api.explain(body),
    policy: () => api.policy(now),
    usage: () => api.usage(body, events),
    allowlist: () => api.allowlist(body, events),
    rules: () => api.rules(body),
    replay: () => api.replay(body, events),
  };
  if (!known[path])
    throw Object.assign(new Refused("NotFoundException", "there is no such path"), { status: 404 });
  return known[path]();
}

async function pass(request, path, text) {
  const proxy = option("--proxy"),
    logs = option("--logs");
  if (!proxy && !(logs && path.startsWith("logs/"))) return null;
  const asLog = !proxy;
  const response = await fetch(asLog ? logs : `${proxy}/api/${path}`, {
    method: request.method,
    headers: asLog
      ? {
          "X-Amz-Target": `Logs_20140328.${path.slice(5)}`,
          "Content-Type": "application/x-amz-json-1.1",
        }
      : {
          "Content-Type": "application/json",
          ...(request.headers.cookie ? { cookie: request.headers.cookie } : {}),
        },
    body: request.method === "POST" ? text : undefined,
  });
  return {
    status: response.status,
    text: await response.text(),
    cookie: response.headers.get("set-cookie"),
  };
}

async function serveApi(request, response, path) {
  let text = "";
  for await (const part of request) text += part;
  const send = (status, body, cookie) => {
    response.writeHead(status, {
      ...kHeaders,
      "Content-Type": "application/json",
      "Cache-Control": "no-store",
      ...(cookie ? { "Set-Cookie": cookie } : {}),
    });
    response.end(body);
  };
  try {
    const passed = await pass(request, path, text);
    if (passed) return send(passed.status, passed.text, passed.cookie);
    const cookie = /discriminat=open/.test(request.headers.cookie ?? "");
    const body = answer(path, text ? JSON.parse(text) : {}, cookie);
    const fresh =
      path === "login"
        ? "discriminat=open; HttpOnly; SameSite=Strict; Path=/"
        : path === "logout"
          ? "discriminat=; Max-Age=0; Path=/"
          : undefined;
    return send(200, JSON.stringify(body), fresh);
  } catch (error) {
    return send(
      error.status ?? 500,
      JSON.stringify({
        __type: error.type ?? "InternalException",
        message: error.message,
        ...error.extra,
      }),
    );
  }
}

function serveFile(request, response, path) {
  // Read each time, so that a new build is served at once.
  const manifest = JSON.parse(readFileSync(join(dist, "manifest.json"), "utf8"));
  const wanted = kViews.includes(path) ? "/index.html" : path;
  const file = manifest.find((one) => one.path === wanted);
  if (!file) return response.writeHead(404, kHeaders).end("not found");
  const packed = /\bbr\b/.test(request.headers["accept-encoding"] ?? "");
  response.writeHead(200, {
    ...kHeaders,
    "Content-Type": file.type,
    Vary: "Accept-Encoding",
    ...(packed ? { "Content-Encoding": "br" } : {}),
    "Cache-Control": file.immutable ? "public, max-age=31536000, immutable" : "no-cache",
  });
  return response.end(readFileSync(join(dist, packed ? `${file.file}.br` : file.file)));
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname.startsWith("/api/")) void serveApi(request, response, pathname.slice(5));
  else serveFile(request, response, pathname);
});
server.listen(Number(option("--port") ?? 8043), "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${server.address().port}/`),
);
