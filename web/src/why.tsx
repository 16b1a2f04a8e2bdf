// "Why?": what the policy of today says about a connection, and the annotation that would allow it.
//
// For a refused line the endpoint is asked at once; for others on demand. Without a policy the
// annotation is derived from the line alone, and where it belongs cannot be said. A refusal that
// policy does not explain was made on the wire; then no annotation is offered, since none would
// help.
import { useState } from "preact/hooks";
import { ask } from "./api";
import { useAnswer } from "./asking";
import { Copy, Loading, Trouble, isWithoutPolicy } from "./bits";
import { annotationFor, endsOf, outcomeOf, reasonOf, ruleHelps, type Annotation } from "./flow";
import type { Explanation, FlowRecord } from "./types";

export function Why({ record, policy }: { record: FlowRecord; policy: boolean }) {
  const refused = outcomeOf(record) !== "allowed";
  const [asked, setAsked] = useState(refused);
  if (!asked) {
    return (
      <button type="button" onClick={() => setAsked(true)}>
        Why?
      </button>
    );
  }
  return <Answer record={record} policy={policy} />;
}

function Answer({ record, policy }: { record: FlowRecord; policy: boolean }) {
  const { client, name, port } = endsOf(record);
  const known = ["tls", "ssh", "http"].includes(record.proto);
  const answer = useAnswer<Explanation>(
    policy && known
      ? (signal) => ask("explain", { src: client, to: name, port, proto: record.proto }, signal)
      : null,
    [client, name, port],
  );
  const own = annotationFor(record);
  if (answer.loading) return <Loading what="Asking the policy…" />;
  if (!answer.value || isWithoutPolicy(answer.error)) {
    return (
      <div class="why">
        {answer.error && !isWithoutPolicy(answer.error) && (
          <Trouble error={answer.error} retry={answer.again} />
        )}
        {!known && <p>The protocol is none that a rule can name; only see-thru lets it through.</p>}
        {own ? (
          <Offer annotation={own} groups={[]} />
        ) : (
          known && (
            <p class="note">
              {reasonOf(record).slug === "policy"
                ? "This endpoint has no policy to ask."
                : "No annotation would allow it: the refusal is about the connection itself."}
            </p>
          )
        )}
      </div>
    );
  }
  return <Explained answer={answer.value} record={record} own={own} />;
}

function headline(answer: Explanation, refused: boolean): string {
  if (answer.by_see_thru)
    return `Today's policy lets it through by see-thru of ${answer.gid}, until ${answer.addr}.`;
  if (answer.allowed && refused) {
    return `Today's policy allows it, by ${answer.addr} in ${answer.gid}; the refusal was about the connection itself, or the rule is newer.`;
  }
  if (answer.allowed) return `The rule ${answer.addr} in ${answer.gid} allows it.`;
  return `Today's policy refuses it: ${answer.sentence || answer.reason}.`;
}

function Explained({
  answer,
  record,
  own,
}: {
  answer: Explanation;
  record: FlowRecord;
  own: Annotation | null;
}) {
  const byRule = answer.allowed && !answer.by_see_thru;
  const text = byRule ? null : answer.annotation;
  const annotation = text ? { text, port: answer.dpt } : null;
  const refused = outcomeOf(record) === "refused";
  const other = refused && !ruleHelps(record) ? reasonOf(record).words : "";
  return (
    <div class="why">
      <p>{headline(answer, refused)}</p>
      <p class="note">
        {answer.groups.length > 0 ? (
          <>
            Groups of {answer.src}: {answer.groups.join(", ")}
          </>
        ) : (
          <>{answer.src} has no group in the policy.</>
        )}{" "}
        · <a href={`/policy?client=${encodeURIComponent(answer.src)}`}>its rules</a>
      </p>
      {annotation ? (
        <Offer annotation={annotation} groups={answer.groups} other={other} />
      ) : !byRule && answer.advice.length > 0 ? (
        <pre class="wrap">{answer.advice.join("\n")}</pre>
      ) : byRule && own && reasonOf(record).slug === "tls-no-sni" ? (
        <Offer annotation={own} groups={answer.groups} />
      ) : null}
      {answer.verified_at_run_time.length > 0 && (
        <details>
          <summary>What the gateway verifies beyond the policy</summary>
          <ul>
            {answer.verified_at_run_time.map((check) => (
              <li key={check}>{check}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function Offer({
  annotation,
  groups,
  other = "",
}: {
  annotation: Annotation;
  groups: string[];
  other?: string; // what else stands in the way
}) {
  return (
    <div class="offer">
      <p>
        {other ? "It needs this annotation" : "This annotation would allow it"}, as the description
        of an outbound rule for TCP port {annotation.port}
        {groups.length > 0 ? <> of {groups.join(" or ")}</> : " of a group of the client"}
        {other ? "; but a rule alone is not enough, see below:" : ":"}
      </p>
      <div class="copyable">
        <code data-annotation="">{annotation.text}</code>
        <Copy text={annotation.text} what="the annotation" />
      </div>
      {other && (
        <p class="note">
          <b>Still in the way:</b> {other}.
        </p>
      )}
    </div>
  );
}
