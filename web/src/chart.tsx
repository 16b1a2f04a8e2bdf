// A chart over time by uPlot, and the same numbers as a table for whoever cannot see it.
//
// Colours come from the style sheet, so both themes have their own; lines differ by dashes too. The
// chart is made anew for another theme or set of lines, and only fed for new numbers. Times are
// UTC.
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import type { Series } from "./series";
import { Heads, ScrollTable } from "./bits";
import { formatMoment } from "./time";
import { visible } from "./visible";

const kDashes: number[][] = [[], [6, 3], [2, 3], [8, 3, 2, 3]];
const kTableRowsMax = 200;

export interface ChartProps {
  label: string; // what it shows, as a sentence
  series: Series;
  colours?: string[]; // names of custom properties
  unit?: string;
  stepped?: boolean;
  height?: number;
}

function useTheme(): string {
  const [theme, setTheme] = useState(0);
  useEffect(() => {
    const change = () => setTheme((n) => n + 1);
    const media = matchMedia("(prefers-color-scheme: dark)");
    media.addEventListener("change", change);
    addEventListener("theme", change);
    return () => {
      media.removeEventListener("change", change);
      removeEventListener("theme", change);
    };
  }, []);
  return String(theme);
}

// Times of an axis: the day where it is shown first or changes, else the time as fine as the steps.
function ticksOf(seconds: number[], step: number): string[] {
  return seconds.map((t, i) => {
    const moment = formatMoment(t * 1e3);
    const day = moment.slice(5, 10);
    if (step >= 86400) return day;
    const time = moment.slice(11, step < 60 ? 19 : 16);
    const before = i > 0 ? formatMoment(seconds[i - 1]! * 1e3).slice(5, 10) : "";
    return day === before ? time : `${time}\n${day}`;
  });
}

export const formatNumber = (value: number): string =>
  Math.abs(value) >= 100 || Number.isInteger(value)
    ? Math.round(value).toLocaleString("en")
    : value.toLocaleString("en", { maximumSignificantDigits: 3 });

function optionsOf(props: ChartProps, width: number, box: HTMLElement): uPlot.Options {
  const style = getComputedStyle(box);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--muted"),
    font: "11px system-ui",
    grid: {
      stroke: colour("--line"),
      width: 1,
    },
    ticks: { show: false },
  };
  return {
    width,
    height: props.height ?? 220,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "UTC"),
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    legend: { live: true },
    scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      { ...axis, values: (_, ticks, _axis, _space, step) => ticksOf(ticks, step) },
      { ...axis, size: 52, values: (_, ticks) => ticks.map((t) => formatNumber(t)) },
    ],
    series: [
      { label: "UTC", value: (_, v) => (v == null ? "–" : formatMoment(v * 1e3).slice(5)) },
      ...props.series.lines.map((line, i): uPlot.Series => ({
        label: visible(line.label.length > 40 ? `${line.label.slice(0, 39)}…` : line.label),
        stroke: colour(props.colours?.[i] ?? `--chart-${(i % 8) + 1}`),
        dash: kDashes[Math.floor(i / 2) % kDashes.length],
        width: 1.6,
        points: { show: props.series.times.length < 3 },
        paths: props.stepped ? uPlot.paths.stepped!({ align: 1 }) : undefined,
        value: (_, v) =>
          v == null ? "–" : `${formatNumber(v)}${props.unit ? ` ${props.unit}` : ""}`,
      })),
    ],
  };
}

const dataOf = (series: Series): uPlot.AlignedData =>
  [
    series.times.map((t) => t / 1e3),
    ...series.lines.map((line) => line.values),
  ] as uPlot.AlignedData;

export function Chart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [table, setTable] = useState(false);
  const theme = useTheme();
  const shape = `${props.series.lines.map((line) => line.label).join("\n")}${props.unit}${theme}`;

  useEffect(() => {
    const element = box.current!;
    const made = new uPlot(
      optionsOf(props, element.clientWidth || 300, element),
      dataOf(props.series),
      element,
    );
    plot.current = made;
    const watch = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width && width !== made.width) made.setSize({ width, height: props.height ?? 220 });
    });
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(dataOf(props.series)), [props.series]);

  return (
    <figure class="chart">
      <div ref={box} class="plot" role="img" aria-label={props.label} />
      <figcaption>
        <button type="button" class="quiet" aria-expanded={table} onClick={() => setTable(!table)}>
          {table ? "Hide the numbers" : "Show the numbers"}
        </button>
      </figcaption>
      {table && <NumbersTable {...props} />}
    </figure>
  );
}

function NumbersTable({ series, label, unit }: ChartProps) {
  const rows = series.times
    .map((time, i) => ({ time, i }))
    .reverse()
    .slice(0, kTableRowsMax);
  return (
    <ScrollTable
      label={`${label}: numbers`}
      caption={unit ? `${label}, ${unit}` : label}
    >
      <Heads texts={["Time (UTC)"]} numbers={series.lines.map((line) => line.label)} />
      <tbody>
        {rows.map(({ time, i }) => (
          <tr key={time}>
            <th scope="row" class="nowrap">
              {formatMoment(time)}
            </th>
            {series.lines.map((line) => (
              <td class="number" key={line.label}>
                {line.values[i] == null ? "–" : formatNumber(line.values[i]!)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}
