// CSV and JSON: what a stranger's text may not do to a file.
import { expect, test } from "vitest";
import { formatCsv, formatJson } from "../src/csv";

test.each([
  ["plain", "plain"],
  ["a,b", '"a,b"'],
  ['say "x"', '"say ""x"""'],
  ["a\r\nb", "a\\x0d\\x0ab"],
  ["\u0000\u007f", "\\x00\\x7f"],
  ["=1+2", "'=1+2"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["-x", "'-x"],
  ["-12.5", "-12.5"],
  ["+1e9", "+1e9"],
  ["", ""],
  ["+1,2", '"\'+1,2"'],
])("%j as a cell", (value, want) =>
  expect(formatCsv(["a"], [{ a: value }])).toBe(`a\r\n${want}\r\n`),
);

test("an absent value is an empty cell, and no member in JSON", () => {
  const rows = [{ a: "1" }, { b: "2" }] as Record<string, string>[];
  expect(formatCsv(["a", "b"], rows)).toBe("a,b\r\n1,\r\n,2\r\n");
  expect(JSON.parse(formatJson(["a", "b"], rows))).toEqual([{ a: "1" }, { b: "2" }]);
});
