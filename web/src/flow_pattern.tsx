// The pattern of the flows: the input, what is wrong with it, and the recipes one click away.
//
// A pattern counts once it is applied. The endpoint reads it before any line, so its complaint
// comes at once and stands under the input; where it names a term, a button selects from there.
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "./api";
import { clientPattern, kRecipes, placeOf } from "./pattern";

export function isAboutPattern(error: Error | null): boolean {
  return error instanceof ApiError && error.status === 400;
}

export function PatternForm({
  pattern,
  error,
  onApply,
}: {
  pattern: string;
  error: Error | null;
  onApply: (pattern: string) => void;
}) {
  const [text, setText] = useState(pattern);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setText(pattern), [pattern]);
  const wrong = isAboutPattern(error) ? error!.message : "";
  const at = wrong ? placeOf(pattern, wrong) : -1;
  return (
    <form
      class="pattern"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        onApply(text.trim());
      }}
    >
      <div class="row">
        <label class="grow">
          <span class="unseen">Filter pattern</span>
          <input
            ref={input}
            data-search=""
            class="mono"
            name="pattern"
            value={text}
            maxLength={1024}
            placeholder='{ $.outcome = "disallowed" }'
            spellcheck={false}
            autocomplete="off"
            aria-invalid={wrong ? "true" : undefined}
            aria-describedby="pattern-error"
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary">
          Search
        </button>
      </div>
      <div id="pattern-error" role="alert">
        {wrong && (
          <p class="error-line">
            {wrong}
            {at >= 0 && (
              <>
                {" "}
                <button
                  type="button"
                  class="quiet"
                  onClick={() => {
                    input.current?.focus();
                    input.current?.setSelectionRange(at, pattern.length);
                  }}
                >
                  at character {at + 1}
                </button>
              </>
            )}
          </p>
        )}
      </div>
      <div class="recipes" role="group" aria-label="Recipes">
        {kRecipes.map((recipe) => (
          <button
            type="button"
            key={recipe.name}
            class="chip"
            title={recipe.pattern || "no pattern"}
            aria-pressed={recipe.pattern === pattern}
            onClick={() => onApply(recipe.pattern)}
          >
            {recipe.name}
          </button>
        ))}
        <OneClient pattern={pattern} onApply={onApply} />
      </div>
    </form>
  );
}

// "What one client asked for": the address, and Enter.
function OneClient({ pattern, onApply }: { pattern: string; onApply: (pattern: string) => void }) {
  const shown = /\$\.src = "([\d.]+)"/.exec(pattern)?.[1] ?? "";
  return (
    <label class="chip-input">
      <span>Client</span>
      <input
        key={shown}
        size={12}
        defaultValue={shown}
        placeholder="10.0.1.10"
        spellcheck={false}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          const address = event.currentTarget.value.trim();
          if (/^[\d.]{7,15}$/.test(address)) onApply(clientPattern(address));
        }}
      />
    </label>
  );
}
