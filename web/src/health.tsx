// How the gateway is: tiles that say what is well, and what to do about what is not; and its
// timings.
//
// Each tile is one line of docs/operations.md, "worth an alarm". Counters since the start are shown
// with how much they grew while the page is open. A sign and a word stand beside the colour.
import { useRef, useState } from "preact/hooks";
import { Panel, Segments, Heads, ScrollTable } from "./bits";
import { formatNumber } from "./chart";
import { difference, formatQuantile, formatSeconds, quantile } from "./histogram";
import { tilesOf } from "./tiles";
import { formatSpan } from "./time";
import type { Gateway, Histogram } from "./types";

const kSigns = { good: "✓", warn: "!", bad: "✕" };
const kWords = { good: "fine", warn: "look", bad: "act" };

export function HealthTiles({ gateway, now }: { gateway: Gateway; now: number }) {
  const first = useRef(gateway);
  if (first.current.started !== gateway.started) first.current = gateway;
  return (
    <section aria-label="Gateway health">
      <h2 class="unseen">Gateway health</h2>
      <ul class="tiles">
        {tilesOf(gateway, first.current, now).map((tile) => (
          <li key={tile.name} class={`tile ${tile.state}`}>
            <span class="tile-name">{tile.name}</span>
            <span class="tile-value">
              <span class="tile-sign" aria-hidden="true">
                {kSigns[tile.state]}
              </span>
              {tile.value}
              <span class="unseen"> ({kWords[tile.state]})</span>
            </span>
            <span class="tile-note" title={tile.note}>
              {tile.note}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const kTimings: [string, string, string][] = [
  ["handshake_seconds", "Handshake", "first bytes to hand-over"],
  ["held_seconds", "Held for DNS", "handshakes that waited for a look-up"],
  ["added_seconds", "Added time", "arrival of a packet to its verdict"],
];
const kRecentMs = 60_000;

interface Reading {
  time: number;
  histograms: Record<string, Histogram>;
}

// Readings of the last minute; the oldest of them is what the newest is compared with.
function useReadings(gateway: Gateway, time: string): Reading[] {
  const kept = useRef<Reading[]>([]);
  const now = Date.parse(time);
  const last = kept.current[kept.current.length - 1];
  if (gateway.histograms && (!last || last.time < now)) {
    kept.current = [...kept.current, { time: now, histograms: gateway.histograms }];
    while (kept.current.length > 2 && kept.current[1]!.time <= now - kRecentMs)
      kept.current.shift();
  }
  return kept.current;
}

export function Timings({ gateway, time }: { gateway: Gateway; time: string }) {
  const readings = useReadings(gateway, time);
  const [since, setSince] = useState("now");
  const oldest = readings[0];
  const span = oldest ? Date.parse(time) - oldest.time : 0;
  const shown = span > 0 ? since : "start"; // nothing to compare with yet
  return (
    <Panel
      title="Timings"
      class="wide"
      aside={
        <Segments
          label="Counted"
          value={since}
          onPick={setSince}
          options={[
            ["now", "last minute"],
            ["start", "since the start"],
          ]}
        />
      }
    >
      {!gateway.histograms ? (
        <p class="note">This gateway does not report timings.</p>
      ) : (
        <ScrollTable
          label="Timings"
          caption="Median, 99th percentile and mean of the gateway's timings"
        >
          <Heads texts={["What"]} numbers={["p50", "p99", "Mean", "Counted"]} />
          <tbody>
            {kTimings.map(([key, name, words]) => {
              const all = gateway.histograms?.[key];
              if (!all) return null;
              const h = shown === "start" ? all : difference(all, oldest?.histograms[key] ?? null);
              return (
                <tr key={key}>
                  <th scope="row">
                    {name} <span class="note block">{words}</span>
                  </th>
                  <td class="number strong">{formatQuantile(quantile(h, 0.5))}</td>
                  <td class="number strong">{formatQuantile(quantile(h, 0.99))}</td>
                  <td class="number">{h.count > 0 ? formatSeconds(h.sum / h.count) : "–"}</td>
                  <td class="number">{formatNumber(h.count)}</td>
                </tr>
              );
            })}
          </tbody>
        </ScrollTable>
      )}
      <p class="note">
        {shown === "start"
          ? `Since the start, ${formatSpan(Date.parse(time) - gateway.started * 1000)} ago.`
          : `In the last ${formatSpan(span)}, while this page is open.`}
      </p>
    </Panel>
  );
}
