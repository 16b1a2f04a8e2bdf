// Addresses: what they say is what is shown, and a login leads nowhere else.
import { expect, test } from "vitest";
import { formatRoute, parseRoute, safeNext } from "../src/route";

test("a route goes there and back", () => {
  const query = { pattern: '{ $.dhost = "a&b=c #x" }', from: "1h" };
  const address = formatRoute("/flows", query);
  const [path, search] = address.split("?");
  expect(parseRoute(path!, `?${search}`)).toEqual({ view: "/flows", query });
});

test("empty values are left out, unknown paths are the overview", () => {
  expect(formatRoute("/flows", { pattern: "", live: undefined })).toBe("/flows");
  expect(parseRoute("/nothing", "").view).toBe("/");
});

test.each([
  ["/flows?live=1", "/flows?live=1"],
  ["/policy", "/policy"],
  [undefined, "/"],
  ["", "/"],
  ["//evil.example", "/"],
  ["https://evil.example", "/"],
  ["/\\evil.example", "/"],
  ["/login", "/"],
  ["/flows/../x", "/"],
  ["javascript:alert(1)", "/"],
])("after a login %j leads to %s", (next, want) => expect(safeNext(next)).toBe(want));
