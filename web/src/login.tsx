// Login: a key id and its secret, which go to the endpoint once and are kept nowhere in the page.
import { useState } from "preact/hooks";
import { ask } from "./api";
import type { Session } from "./types";

export function Login({ session, onDone }: { session: Session | null; onDone: () => void }) {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  if (session && session.login !== "needed") {
    return (
      <div class="login panel">
        <h1>
          {session.login === "done"
            ? `Logged in as ${session.id ?? ""}`
            : "No login is needed here"}
        </h1>
        <p>
          {session.login === "none"
            ? "This endpoint has no keys: whoever is on its host may ask."
            : "The session ends after an hour without a request."}
        </p>
        <a class="button" href="/">
          Go to the overview
        </a>
      </div>
    );
  }
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const fields = new FormData(form);
    setBusy(true);
    setError("");
    try {
      await ask("login", { id: fields.get("id"), secret: fields.get("secret") });
      form.reset();
      onDone();
    } catch (problem) {
      setError((problem as Error).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="login panel" onSubmit={submit}>
      <h1>Log in</h1>
      <p>
        With one of the keys that the gateway's <code>credentials_file</code> holds.
      </p>
      <label class="field">
        <span>Key id</span>
        <input name="id" autocomplete="username" required autofocus spellcheck={false} />
      </label>
      <label class="field">
        <span>Secret</span>
        <input name="secret" type="password" autocomplete="current-password" required />
      </label>
      <p class="error-line" role="alert">
        {error}
      </p>
      <button type="submit" class="primary" disabled={busy}>
        {busy ? "Asking…" : "Log in"}
      </button>
    </form>
  );
}
