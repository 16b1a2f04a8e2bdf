// Tables as CSV (RFC 4180) and JSON, for the download buttons.
//
// Values come from strangers and the file ends in a spreadsheet: control characters are written as
// \xNN, as the command line does it, and a text that a spreadsheet would take for a formula gets an
// apostrophe in front. Numbers stay as they are. Tested by test/csv.test.ts.

export type Row = Record<string, string>;

function csvCell(value: string): string {
  let text = value.replace(
    /[\u0000-\u001f\u007f]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  if (/^[=+\-@]/.test(text) && !/^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(text)) text = `'${text}`;
  return /[",]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

export function formatCsv(columns: string[], rows: Row[]): string {
  const lines = [columns.map(csvCell).join(",")];
  for (const row of rows) lines.push(columns.map((c) => csvCell(row[c] ?? "")).join(","));
  return lines.map((line) => `${line}\r\n`).join("");
}

// A value that a row does not have is left out of it, as in the answer.
export function formatJson(columns: string[], rows: Row[]): string {
  const kept = rows.map((row) =>
    Object.fromEntries(columns.filter((c) => row[c] !== undefined).map((c) => [c, row[c]])),
  );
  return `${JSON.stringify(kept, null, 1)}\n`;
}
