// Filter patterns the console writes, by the grammar of docs/filter-patterns.md.
import { describe, expect, test } from "vitest";
import { addCondition, condition, kRecipes, placeOf, quoteValue } from "../src/pattern";

describe("quoteValue", () => {
  test.each([
    ["api.example.com", '"api.example.com"'],
    ['say "x" \\', '"say \\"x\\" \\\\"'],
    ["} || $.a = *", "%^\\x7d \\x7c\\x7c \\x24.a = \\x2a$%"],
  ])("%s", (value, want) => {
    const quoted = quoteValue(value);
    if (value.includes("*")) {
      // Whatever form the escapes take: it must match the value, and not what `*` would.
      const regex = new RegExp(quoted.slice(1, -1));
      expect(regex.test(value)).toBe(true);
      expect(regex.test(value.replace("*", "anything"))).toBe(false);
      expect(quoted).not.toMatch(/[()%].*%.*%/);
    } else {
      expect(quoted).toBe(want);
    }
  });
});

test("a condition follows the kind of its value", () => {
  expect(condition("pqc", true)).toBe("$.pqc IS TRUE");
  expect(condition("dpt", 443)).toBe("$.dpt = 443");
  expect(condition("src", "10.0.1.9")).toBe('$.src = "10.0.1.9"');
});

describe("addCondition", () => {
  test.each([
    ["", "{ $.a = 1 }"],
    ["{ }", "{ $.a = 1 }"],
    ["timeout", "{ $.a = 1 }"],
    ["{ $.b = 2 }", "{ $.b = 2 && $.a = 1 }"],
    ["{ $.a = 1 }", "{ $.a = 1 }"],
    ["{ $.b = 2 || $.c = 3 }", "{ ($.b = 2 || $.c = 3) && $.a = 1 }"],
  ])("to %j", (pattern, want) => expect(addCondition(pattern, "$.a = 1")).toBe(want));
});

test("the place of a mistake is where its term stands", () => {
  expect(placeOf("{ $.a = }", "Invalid character(s) in term '}': a value is missing")).toBe(8);
  expect(placeOf("{ $.a", "If a filter pattern starts with '{' it must end with '}'")).toBe(-1);
});

test("recipes have names of their own and fit the limit", () => {
  expect(new Set(kRecipes.map((r) => r.name)).size).toBe(kRecipes.length);
  for (const { pattern } of kRecipes) expect(pattern.length).toBeLessThanOrEqual(1024);
});
