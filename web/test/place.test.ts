// Places of mistakes: lines, columns, and characters beyond 16 bits.
import { expect, test } from "vitest";
import { lineOfPlace } from "../src/place";

test("a place has a line and a column, from one", () => {
  const place = lineOfPlace("filter a = 1\n| nonsense x", 15, 23);
  expect(place).toMatchObject({
    line: 2,
    column: 3,
    text: "| nonsense x",
    indent: 2,
    width: 8,
    start: 15,
    end: 23,
  });
});

test("the endpoint counts characters, the text field 16-bit units", () => {
  expect(lineOfPlace("😀😀 x", 3, 4)).toMatchObject({ column: 4, start: 5, end: 6 });
});

test("a place beyond the end is the end", () =>
  expect(lineOfPlace("ab", 9, 12)).toMatchObject({ line: 1, column: 3, width: 1 }));

test("of a long line the part around the place is shown", () => {
  const place = lineOfPlace("x".repeat(5000), 3000, 3001);
  expect(place.text.length).toBeLessThanOrEqual(100);
  expect(place.text[place.indent]).toBe("x");
});
