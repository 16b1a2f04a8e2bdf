// Overview: how much passes, what is refused and why, and how the gateway is.
//
// Three Insights queries over the flow log, one after the other, so that a page left open takes one
// of the gateway's two places at most, and asked again the sooner the shorter the period is. Server
// lines count when they are refusals: the connection was let out and its answer was not.
import { runQuery } from "./api";
import { usePoll } from "./asking";
import { Empty, Loading, Panel, Segments, Trouble, plural, Heads, ScrollTable } from "./bits";
import { Chart, formatNumber } from "./chart";
import { condition, patternFor } from "./pattern";
import { HealthTiles, Timings } from "./health";
import { formatRoute, go } from "./route";
import { kPeriods, rateSeries, seriesQuery, reasonQuery, nameQuery } from "./rates";
import { reasonOf } from "./flow";
import type { ViewProps } from "./app";
import type { Row } from "./csv";
import type { Series } from "./series";

interface Picture {
  series: Series;
  total: number;
  reasons: Row[];
  names: Row[];
}

async function look(group: string, period: (typeof kPeriods)[number], signal: AbortSignal) {
  const to = Date.now();
  const from = Math.ceil(to / period.bin) * period.bin - period.span;
  const ask = (query: string) => runQuery(group, query, from, to - 1, signal);
  const counts = await ask(seriesQuery(period.binText));
  const reasons = await ask(reasonQuery);
  const names = await ask(nameQuery);
  const total = counts.rows.reduce((sum, row) => sum + Number(row.n ?? 0), 0);
  return {
    series: rateSeries(counts.rows, from, to, period.bin),
    total,
    reasons: reasons.rows,
    names: names.rows,
  } as Picture;
}

export function Overview({ route, status }: ViewProps) {
  const period = kPeriods.find((p) => p.id === route.query.from) ?? kPeriods[0]!;
  const picture = usePoll((signal) => look(status.group, period, signal), period.every, [
    status.group,
    period.id,
  ]);
  const seen = picture.value;
  return (
    <>
      <div class="view-head">
        <h1>Overview</h1>
        <Segments
          label="Period"
          value={period.id}
          options={kPeriods.map((p) => [p.id, p.name])}
          onPick={(id) => go(formatRoute("/", { from: id === "15m" ? "" : id }))}
        />
      </div>
      {status.gateway && <HealthTiles gateway={status.gateway} now={Date.parse(status.time)} />}
      <div class="grid">
        <Panel
          title="Connections per second"
          class="wide"
          aside={<span class="note">from the flow log, {period.binText} each</span>}
        >
          {picture.error && !seen ? (
            <Trouble error={picture.error} retry={picture.again} />
          ) : !seen ? (
            <Loading what="Counting connections…" />
          ) : seen.total === 0 ? (
            <Empty title={`No connection in the last ${period.name}.`}>
              <p>
                Nothing was logged. Either nobody connects, or lines are kept back by{" "}
                <code>flow_log_verbosity</code>.
              </p>
            </Empty>
          ) : (
            <Chart
              label={`Connections per second by outcome, last ${period.name}`}
              series={seen.series}
              unit="/s"
              height={230}
              colours={["--good", "--bad", "--warn"]}
            />
          )}
        </Panel>
        <Reasons rows={seen?.reasons} period={period.name} id={period.id} />
        <Names rows={seen?.names} period={period.name} id={period.id} />
        {status.gateway && <Timings gateway={status.gateway} time={status.time} />}
      </div>
    </>
  );
}

function Reasons({ rows, period, id }: { rows?: Row[]; period: string; id: string }) {
  const most = Math.max(1, ...(rows ?? []).map((row) => Number(row.n)));
  return (
    <Panel title="Refused, by reason">
      {!rows ? (
        <Loading what="Counting refusals…" />
      ) : rows.length === 0 ? (
        <Empty title={`No connection was refused in the last ${period}.`} />
      ) : (
        <ul class="bars">
          {rows.map((row) => (
            <li key={row.slug}>
              <a
                href={formatRoute("/flows", {
                  from: id,
                  pattern: patternFor('$.outcome = "disallowed"', `$.reason = "${row.slug}*"`),
                })}
              >
                <span class="bar-name">{row.slug}</span>
                <span class="bar-count">{formatNumber(Number(row.n))}</span>
                <span class="bar-words">{reasonOf({ reason: row.example }).words}</span>
                <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="bar-back" width="100" height="4" />
                  <rect class="bar-fill" width={(Number(row.n) / most) * 100} height="4" />
                </svg>
              </a>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Names({ rows, period, id }: { rows?: Row[]; period: string; id: string }) {
  return (
    <Panel title="Refused most">
      {!rows ? (
        <Loading what="Counting names…" />
      ) : rows.length === 0 ? (
        <Empty title={`Nothing was refused in the last ${period}.`} />
      ) : (
        <ScrollTable
          label="Refused most"
          class="refused-most"
          caption={<>Destinations that were refused most, last {period}</>}
        >
          <Heads texts={["Destination"]} numbers={["Clients", "Times"]} />
          <tbody>
            {rows.map((row, i) => (
              <tr key={i}>
                <th scope="row">
                  <a
                    class="clip name"
                    href={formatRoute("/flows", {
                      from: id,
                      pattern: patternFor(
                        '$.outcome = "disallowed"',
                        condition("dhost", row.dhost ?? ""),
                      ),
                    })}
                  >
                    {row.dhost ?? "–"}
                  </a>
                  <span class="note clip">{reasonOf({ reason: row.why }).words}</span>
                </th>
                <td class="number" title={plural(Number(row.clients), "client")}>
                  {formatNumber(Number(row.clients))}
                </td>
                <td class="number">{formatNumber(Number(row.n))}</td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
    </Panel>
  );
}
