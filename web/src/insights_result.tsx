// The result of a query: a chart where it can be one, a table to sort, and downloads.
//
// The page shows at most 1000 rows; the downloads have all that came. Sorting is by number where
// both are numbers, as in the language.
import { useMemo, useState } from "preact/hooks";
import type { QueryResult } from "./api";
import { LongText, Panel, plural, ScrollTable } from "./bits";
import { Chart } from "./chart";
import { formatCsv, formatJson, type Row } from "./csv";
import { seriesOf } from "./series";
import { formatBytes } from "./tiles";

const kRowsShown = 1000;

function save(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

function compare(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  const [x, y] = [Number(a), Number(b)];
  if (a !== "" && b !== "" && !Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}

export function Result({ result, query }: { result: QueryResult; query: string }) {
  const { columns, rows } = result;
  const series = useMemo(
    () => (/\bbin\s*\(|\bdatefloor\s*\(/i.test(query) ? seriesOf(columns, rows) : null),
    [result],
  );
  const lines = plural(result.matched, "line");
  const read = result.scanned.toLocaleString("en");
  const scanned = `${lines} matched of ${read} read, ${formatBytes(result.bytes)}`;
  return (
    <>
      {series && (
        <Panel title="Chart">
          <Chart
            label={`Result of the query over time: ${series.lines.map((l) => l.label).join(", ")}`}
            series={series}
            height={260}
          />
        </Panel>
      )}
      <Panel
        title="Result"
        aside={
          <div class="row">
            <button
              type="button"
              onClick={() => save("result.csv", "text/csv", formatCsv(columns, rows))}
            >
              CSV<span class="unseen"> download</span>
            </button>
            <button
              type="button"
              onClick={() => save("result.json", "application/json", formatJson(columns, rows))}
            >
              JSON<span class="unseen"> download</span>
            </button>
          </div>
        }
      >
        <p class="note" role="status">
          {plural(rows.length, "row")}
          {rows.length > kRowsShown && `, the first ${kRowsShown} shown; downloads have all`}
          {result.more &&
            "; there are more than one answer holds, add a limit or a narrower filter"}
          . {scanned}.
        </p>
        <ResultTable columns={columns} rows={rows} />
      </Panel>
    </>
  );
}

function ResultTable({ columns, rows }: { columns: string[]; rows: Row[] }) {
  const [order, setOrder] = useState<{ column: string; down: boolean } | null>(null);
  const shown = useMemo(() => {
    const sorted = order
      ? [...rows].sort((a, b) => compare(a[order.column], b[order.column]) * (order.down ? -1 : 1))
      : rows;
    return sorted.slice(0, kRowsShown);
  }, [rows, order]);
  const numeric = new Set(
    columns.filter((c) =>
      rows.every((row) => row[c] === undefined || (row[c] !== "" && !Number.isNaN(Number(row[c])))),
    ),
  );
  const sign = (column: string) => (order?.column !== column ? "" : order.down ? " ▾" : " ▴");
  return (
    <ScrollTable label="Result table" tall class="result" caption="Rows of the result">
      <thead>
        <tr>
          {columns.map((column) => (
            <th
              key={column}
              scope="col"
              class={numeric.has(column) ? "number" : ""}
              aria-sort={
                order?.column !== column ? undefined : order.down ? "descending" : "ascending"
              }
            >
              <button
                type="button"
                class="sort"
                onClick={() =>
                  setOrder({
                    column,
                    down: order?.column === column ? !order.down : numeric.has(column),
                  })
                }
              >
                {column.length > 60 ? `${column.slice(0, 59)}…` : column}
                <span aria-hidden="true">{sign(column)}</span>
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {shown.map((row, i) => (
          <tr key={i}>
            {columns.map((column) => (
              <td key={column} class={numeric.has(column) ? "number" : "long-cell"}>
                <LongText text={row[column] ?? ""} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}
