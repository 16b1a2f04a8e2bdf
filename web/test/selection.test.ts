// Ticks and wildcards: what they ask the endpoint for.
import { expect, test } from "vitest";
import { coverage, keyOf, wantedOf } from "../src/selection";

const name = (dhost: string, proto = "tls", port = 443, connections = 1) => ({
  proto,
  port,
  dhost,
  connections,
  clients: 1,
  first: "",
  last: "",
  reason: "",
});
const kHint = { port: 443, pattern: "*.cdn.example", names: ["a.cdn.example", "b.cdn.example"] };

test("a wildcard replaces the names it covers, on its port and for tls only", () => {
  const names = [
    name("a.cdn.example"),
    name("b.cdn.example", "tls", 8443),
    name("b.cdn.example", "ssh", 22),
    name("x.example"),
  ];
  expect(
    wantedOf(names, new Set(names.map(keyOf)), [kHint]).map(
      (n) => `${n.proto} ${n.port} ${n.dhost}`,
    ),
  ).toEqual([
    "tls 8443 b.cdn.example",
    "ssh 22 b.cdn.example",
    "tls 443 x.example",
    "tls 443 *.cdn.example",
  ]);
});

test("only what is ticked is asked for", () => {
  const names = [name("a.example"), name("b.example")];
  expect(wantedOf(names, new Set([keyOf(names[1]!)]), [])).toEqual([
    { proto: "tls", port: 443, dhost: "b.example" },
  ]);
});

test("coverage counts connections, ticked or covered", () => {
  const names = [name("a.cdn.example", "tls", 443, 3), name("x.example", "tls", 443, 1)];
  expect(coverage(names, new Set(), [kHint])).toEqual({ names: 1, share: 0.75 });
  expect(coverage([], new Set(), [])).toEqual({ names: 0, share: 0 });
});
