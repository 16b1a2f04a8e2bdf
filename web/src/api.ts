// Asking the endpoint: one function, one kind of error, one place that knows whether it answers.
//
// Every request is same-origin JSON. An error of the endpoint keeps its type and message, since
// these say what to do. No answer at all is remembered with its time until the next answer, for the
// banner; the views that poll go on by themselves.
import type { EventPage } from "./types";
import type { Row } from "./csv";

export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: no answer
    readonly type: string,
    message: string,
    readonly place: { start: number; end: number } | null = null,
  ) {
    super(message);
  }
}

export const isAbort = (error: unknown): boolean =>
  error instanceof DOMException && error.name === "AbortError";

let silentSince: number | null = null;
export const connection = {
  get silentSince() {
    return silentSince;
  },
};

function heard(answered: boolean): void {
  if (answered === (silentSince === null)) return;
  silentSince = answered ? null : Date.now();
  dispatchEvent(new Event("connection"));
}

async function errorOf(response: Response): Promise<ApiError> {
  let body: Record<string, any> = {};
  try {
    body = (await response.json()) ?? {};
  } catch {
    // A proxy in between may answer with something else; the status still says enough.
  }
  const location = body.queryCompileError?.location;
  const place = location && { start: location.startCharOffset, end: location.endCharOffset };
  const text =
    typeof body.message === "string" && body.message
      ? body.message
      : `the endpoint answered ${response.status}`;
  return new ApiError(response.status, String(body.__type ?? ""), text, place ?? null);
}

// `keepalive`: it outlives the page.
export async function ask<T>(
  path: string,
  body?: unknown,
  signal?: AbortSignal,
  keepalive = false,
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal,
      keepalive,
    });
  } catch (error) {
    if (isAbort(error)) throw error;
    heard(false);
    throw new ApiError(0, "NoAnswer", "The endpoint does not answer.");
  }
  heard(true);
  if (response.ok) return (await response.json()) as T;
  const error = await errorOf(response);
  if (error.status === 401 && path !== "login") dispatchEvent(new Event("login-needed"));
  throw error;
}

const logs = <T>(
  operation: string,
  body: unknown,
  signal?: AbortSignal,
  keepalive = false,
): Promise<T> => ask<T>(`logs/${operation}`, body, signal, keepalive);

export interface EventQuestion {
  group: string;
  stream: "flow" | "config";
  pattern: string;
  from: number;
  to?: number; // exclusive
  limit: number;
  token?: string;
}

export async function filterEvents(q: EventQuestion, signal?: AbortSignal): Promise<EventPage> {
  try {
    return await logs<EventPage>(
      "FilterLogEvents",
      {
        logGroupName: q.group,
        logStreamNames: [q.stream],
        startTime: Math.max(0, Math.floor(q.from)),
        endTime: q.to === undefined ? undefined : Math.floor(q.to) - 1,
        filterPattern: q.pattern.trim() || undefined,
        limit: Math.max(1, Math.min(q.limit, 10_000)),
        nextToken: q.token,
      },
      signal,
    );
  } catch (error) {
    // A gateway that has not judged anything yet has no such stream.
    if (error instanceof ApiError && error.type === "ResourceNotFoundException") {
      return { events: [] };
    }
    throw error;
  }
}

export interface QueryResult {
  columns: string[];
  rows: Row[];
  status: string;
  scanned: number;
  matched: number;
  bytes: number;
  more: boolean;
}

interface QueryAnswer {
  status: string;
  results: { field: string; value: string }[][];
  statistics?: { recordsScanned?: number; recordsMatched?: number; bytesScanned?: number };
  nextToken?: string;
  failureReason?: string;
}

function resultOf(answer: QueryAnswer): QueryResult {
  const columns: string[] = [];
  const rows = answer.results.map((fields) => {
    const row: Row = Object.create(null);
    for (const { field, value } of fields) {
      if (field === "@ptr") continue;
      if (!columns.includes(field)) columns.push(field);
      row[field] = value;
    }
    return row;
  });
  const s = answer.statistics ?? {};
  return {
    columns,
    rows,
    status: answer.status,
    scanned: s.recordsScanned ?? 0,
    matched: s.recordsMatched ?? 0,
    bytes: s.bytesScanned ?? 0,
    more: !!answer.nextToken,
  };
}

const wait = (ms: number, signal?: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(new DOMException("stopped", "AbortError"));
      },
      { once: true },
    );
  });

// Starts a query and waits for its end; `progress` sees what was found so far. One that is not waited
// for any more is stopped, since only a few run at a time: after an abort, after a failure, and when
// the page goes. The start itself is not aborted, or nobody would know what to stop.
export async function runQuery(
  group: string,
  query: string,
  from: number,
  to: number,
  signal?: AbortSignal,
  progress?: (so_far: QueryResult) => void,
): Promise<QueryResult> {
  const { queryId } = await logs<{ queryId: string }>(
    "StartQuery",
    {
      logGroupName: group,
      queryString: query,
      startTime: Math.floor(from),
      endTime: Math.floor(to),
    },
  );
  const stop = () => void logs("StopQuery", { queryId }, undefined, true).catch(() => {});
  addEventListener("pagehide", stop);
  let over = false;
  let delay = 30;
  try {
    signal?.throwIfAborted();
    for (;;) {
      const answer = await logs<QueryAnswer>("GetQueryResults", { queryId }, signal);
      over = answer.status !== "Running" && answer.status !== "Scheduled";
      if (answer.status === "Complete") return resultOf(answer);
      if (over) {
        throw new ApiError(
          400,
          answer.status,
          answer.failureReason ?? `the query: ${answer.status}`,
        );
      }
      progress?.(resultOf(answer));
      await wait(delay, signal);
      delay = Math.min(delay * 2, 1000);
    }
  } finally {
    removeEventListener("pagehide", stop);
    if (!over) stop();
  }
}
