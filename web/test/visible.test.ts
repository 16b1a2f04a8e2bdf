// Hidden characters: written out wherever a text becomes a part of an element.
import { h } from "preact";
import { expect, test } from "vitest";
import { showHiddenCharacters, visible } from "../src/visible";

test.each([
  ["api.example.com", "api.example.com"],
  ["a\u202egnp.exe", "a\\u202egnp.exe"],
  ["\u0000\u0007\u001b[31m", "\\u0000\\u0007\\u001b[31m"],
  ["\u200bx\u2066y\ufeff", "\\u200bx\\u2066y\\ufeff"],
  ["two\nlines\tand a tab", "two\nlines\tand a tab"],
  ["bücher 日本 😀", "bücher 日本 😀"],
])("%j", (text, want) => expect(visible(text)).toBe(want));

test("no element can be made with one", () => {
  showHiddenCharacters();
  const node = h("p", { title: "\u202ea" }, "x", "\u202eb", [["\u2066c"]], h("b", null, "\u200bd"));
  const { title, children } = node.props as unknown as { title: string; children: unknown[] };
  expect(title).toBe("\\u202ea");
  expect(children.slice(0, 3)).toEqual(["x", "\\u202eb", [["\\u2066c"]]]);
  expect((children[3] as typeof node).props.children).toBe("\\u200bd");
});

test("what somebody writes stays as it is", () => {
  const node = h("input", { value: "\u202ea" });
  expect(node.props.value).toBe("\u202ea");
});
