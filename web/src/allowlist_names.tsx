// The names of the allowlist builder, to tick; the wildcards to consider; and the coverage curve.
//
// A search narrows what is shown, and "select all" is about what is shown. At most 500 rows stand
// in the page; ticks of others stay. A wildcard that is chosen takes its names over.
import { useState } from "preact/hooks";
import { Panel, plural, ScrollTable } from "./bits";
import { Chart } from "./chart";
import { coverage, isCovered, keyOf, keyOfWildcard } from "./selection";
import { formatMoment } from "./time";
import type { Allowlist, SeenName } from "./types";

const kShown = 500;

interface Props {
  answer: Allowlist;
  ticked: Set<string>;
  chosen: Set<string>;
  onTick: (ticked: Set<string>) => void;
  onChoose: (chosen: Set<string>) => void;
}

export function Names(props: Props) {
  const { answer, ticked, chosen, onTick } = props;
  const [search, setSearch] = useState("");
  const [order, setOrder] = useState<"connections" | "dhost" | "last">("connections");
  const hints = answer.wildcards.filter((hint) => chosen.has(keyOfWildcard(hint)));
  const found = answer.names.filter((name) => name.dhost.includes(search.toLowerCase()));
  found.sort((a, b) =>
    order === "connections"
      ? b.connections - a.connections
      : order === "last"
        ? b.last.localeCompare(a.last)
        : a.dhost.localeCompare(b.dhost),
  );
  const all = found.every((name) => ticked.has(keyOf(name)));
  const part = coverage(answer.names, ticked, hints);
  const tick = (names: SeenName[], on: boolean) => {
    const next = new Set(ticked);
    for (const name of names) {
      if (on) next.add(keyOf(name));
      else next.delete(keyOf(name));
    }
    onTick(next);
  };
  const head = (id: typeof order, words: string, number = false) => (
    <th
      scope="col"
      class={number ? "number" : ""}
      aria-sort={order !== id ? undefined : id === "dhost" ? "ascending" : "descending"}
    >
      <button type="button" class="sort" onClick={() => setOrder(id)}>
        {words}
        <span aria-hidden="true">{order === id ? (id === "dhost" ? " ▴" : " ▾") : ""}</span>
      </button>
    </th>
  );
  return (
    <Panel
      title="Names"
      class="wide"
      aside={
        <span class="note" aria-live="polite">
          {part.names} of {plural(answer.names.length, "name")},{" "}
          {(part.share * 100).toFixed(part.share < 1 ? 1 : 0)} % of connections
        </span>
      }
    >
      <Wildcards {...props} />
      <div class="row middle">
        <label class="field inline">
          <span>Find</span>
          <input
            type="search"
            value={search}
            spellcheck={false}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
        <label class="tick">
          <input
            type="checkbox"
            checked={all && found.length > 0}
            onChange={(event) => tick(found, event.currentTarget.checked)}
          />
          Select all {search ? "found" : ""} ({found.length})
        </label>
      </div>
      <ScrollTable label="Names" tall caption="Names that only see-thru let through">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">Allow</span>
            </th>
            {head("dhost", "Name")}
            <th scope="col">Protocol</th>
            {head("connections", "Hits", true)}
            <th scope="col" class="number">
              Clients
            </th>
            <th scope="col">First seen</th>
            {head("last", "Last seen")}
          </tr>
        </thead>
        <tbody>
          {found.slice(0, kShown).map((name) => {
            const covered = hints.find((hint) => isCovered(name, hint));
            return (
              <tr key={keyOf(name)}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`allow ${name.dhost} ${name.proto} ${name.port}`}
                    checked={!!covered || ticked.has(keyOf(name))}
                    disabled={!!covered}
                    onChange={(event) => tick([name], event.currentTarget.checked)}
                  />
                </td>
                <th scope="row" class="breakable name">
                  {name.dhost}
                  {covered && <span class="note"> by {covered.pattern}</span>}
                </th>
                <td class="nowrap">
                  {name.proto}/{name.port}
                </td>
                <td class="number">{name.connections.toLocaleString("en")}</td>
                <td class="number">{name.clients.toLocaleString("en")}</td>
                <td class="nowrap">{formatMoment(name.first).slice(0, 16)}</td>
                <td class="nowrap">{formatMoment(name.last).slice(0, 16)}</td>
              </tr>
            );
          })}
        </tbody>
      </ScrollTable>
      {found.length > kShown && (
        <p class="note">
          The first {kShown} of {found.length} are shown; find others by a part of their name.
        </p>
      )}
    </Panel>
  );
}

function Wildcards({ answer, chosen, onChoose }: Props) {
  if (answer.wildcards.length === 0) return null;
  return (
    <fieldset class="wildcards">
      <legend>Wildcards to consider</legend>
      <p class="note">
        A wildcard replaces the names it covers, and covers names that nobody has asked for.
      </p>
      {answer.wildcards.slice(0, 50).map((hint) => {
        const key = keyOfWildcard(hint);
        return (
          <label key={key} class="tick">
            <input
              type="checkbox"
              checked={chosen.has(key)}
              onChange={(event) => {
                const next = new Set(chosen);
                if (event.currentTarget.checked) next.add(key);
                else next.delete(key);
                onChoose(next);
              }}
            />
            <span>
              <code class="breakable">{hint.pattern}</code>{" "}
              <span class="note">
                port {hint.port}, for {plural(hint.names.length, "name")}
              </span>
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}

export function Curve({ answer }: { answer: Allowlist }) {
  const curve = answer.curve ?? [];
  if (curve.length < 2) {
    return (
      <Panel title="Coverage" class="wide">
        <p class="note">
          A curve needs connections on two days at least; there{" "}
          {curve.length === 1 ? "is one" : "are none"} yet.
        </p>
      </Panel>
    );
  }
  const series = {
    times: curve.map((point) => Date.parse(`${point.day}T00:00:00Z`)),
    lines: [
      { label: "names known", values: curve.map((point) => point.names) },
      {
        label: "new that day",
        values: curve.map((point, i) => point.names - (curve[i - 1]?.names ?? 0)),
      },
    ],
  };
  return (
    <Panel
      title="Coverage"
      class="wide"
      aside={<span class="note">a line that stays level is a good sign</span>}
    >
      <Chart
        label="Names known at the end of each day"
        series={series}
        height={180}
        colours={["--chart-1", "--warn"]}
      />
    </Panel>
  );
}
