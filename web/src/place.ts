// From a character offset to a line and column, and the piece of that line that is worth showing.
//
// The endpoint counts characters (code points); text fields count UTF-16 units, so `start` and
// `end` are converted for them. Tested by test/place.test.ts.

const kShown = 100;

export interface Place {
  line: number;
  column: number;
  text: string; // of the line, cut around the place
  indent: number;
  width: number;
  start: number;
  end: number;
}

export function lineOfPlace(query: string, from: number, to: number): Place {
  const points = [...query];
  const at = Math.min(Math.max(0, from), points.length);
  const end = Math.min(Math.max(at + 1, to), points.length);
  const before = points.slice(0, at);
  const lineStart = before.lastIndexOf("\n") + 1;
  const lineEnd = points.indexOf("\n", at) < 0 ? points.length : points.indexOf("\n", at);
  const cut = Math.max(lineStart, at - kShown / 2);
  const start = before.join("").length;
  return {
    line: before.filter((c) => c === "\n").length + 1,
    column: at - lineStart + 1,
    text: points
      .slice(cut, Math.min(lineEnd, cut + kShown))
      .join("")
      .replace(/\t/g, " "),
    indent: at - cut,
    width: Math.max(1, Math.min(end, lineEnd, cut + kShown) - at),
    start,
    end: start + points.slice(at, end).join("").length,
  };
}
