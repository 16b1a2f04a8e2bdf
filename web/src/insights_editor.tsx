// The query editor: a plain text field with line numbers, and a mistake marked at its place.
//
// The endpoint says from which to which character the mistake goes. The marked line is repeated
// below with the place under it, which a screen reader reads too; the caret goes there on demand.
import { useRef } from "preact/hooks";
import { lineOfPlace } from "./place";

export interface Mistake {
  place: { start: number; end: number };
  message: string;
  query: string; // the text that the place is of
}

export function Editor({
  text,
  onText,
  onRun,
  error,
}: {
  text: string;
  onText: (text: string) => void;
  onRun: () => void;
  error: Mistake | null;
}) {
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const lines = text.split("\n").length;
  const rows = Math.min(Math.max(lines, 5), 20);
  const mark = error && lineOfPlace(error.query, error.place.start, error.place.end);
  const same = error?.query === text.trim();
  const offset = text.length - text.trimStart().length;
  return (
    <div class="editor">
      <div class="editor-box">
        <div class="gutter" aria-hidden="true" ref={gutter}>
          {Array.from({ length: Math.min(lines, 2000) }, (_, i) => (
            <div key={i} class={mark && same && mark.line === i + 1 ? "gutter-wrong" : ""}>
              {i + 1}
            </div>
          ))}
        </div>
        <textarea
          ref={area}
          data-search=""
          class="mono"
          aria-label="Query"
          value={text}
          rows={rows}
          maxLength={10_000}
          spellcheck={false}
          autocomplete="off"
          wrap="off"
          aria-invalid={error ? "true" : undefined}
          aria-describedby="query-error"
          onInput={(event) => onText(event.currentTarget.value)}
          onScroll={(event) => {
            if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            onRun();
          }}
        />
      </div>
      <div id="query-error" role="alert">
        {error && mark && (
          <div class="mistake">
            <p class="error-line">
              Line {mark.line}, column {mark.column}: {error.message}
              {same && (
                <>
                  {" "}
                  <button
                    type="button"
                    class="quiet"
                    onClick={() => {
                      area.current?.focus();
                      area.current?.setSelectionRange(offset + mark.start, offset + mark.end);
                    }}
                  >
                    go there
                  </button>
                </>
              )}
            </p>
            <pre aria-hidden="true">
              {mark.text}
              {"\n"}
              {" ".repeat(mark.indent)}
              {"^".repeat(mark.width)}
            </pre>
          </div>
        )}
      </div>
    </div>
  );
}
