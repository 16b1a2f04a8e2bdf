// The shell: skip link, navigation, who is logged in, whether the endpoint answers, and the view.
//
// The session is asked once; a 401 of any later request leads to the login, and back afterwards.
// The status is polled here for all views, since the header shows it and views need the group's
// name.
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, connection } from "./api";
import { useAnswer, usePoll } from "./asking";
import { Loading, Trouble } from "./bits";
import { Allowlist } from "./allowlist";
import { Flows } from "./flows";
import { Insights } from "./insights";
import { Login } from "./login";
import { Overview } from "./overview";
import { Policy } from "./policy";
import { formatRoute, go, safeNext, useRoute, type Route, type View } from "./route";
import { currentTheme, nextTheme } from "./theme";
import { formatTime } from "./time";
import type { Session, Status } from "./types";

const kNames: [View, string][] = [
  ["/", "Overview"],
  ["/flows", "Flows"],
  ["/insights", "Insights"],
  ["/allowlist", "Allowlist"],
  ["/policy", "Policy"],
];

export interface ViewProps {
  route: Route;
  status: Status;
}

export function App() {
  const route = useRoute();
  const session = useAnswer<Session>((signal) => ask("session", undefined, signal), []);
  const login = session.value?.login;
  const open = login === "none" || login === "done";
  const status = usePoll<Status>(
    open ? (signal) => ask("status", undefined, signal) : null,
    3000,
    [],
  );

  useEffect(() => {
    if (!session.error) return;
    const timer = setTimeout(session.again, 3000);
    return () => clearTimeout(timer);
  }, [session.error]);
  useEffect(() => {
    const lead = () => {
      if (location.pathname === "/login") return;
      go(formatRoute("/login", { next: location.pathname + location.search }), true);
      session.again();
    };
    if (login === "needed") lead();
    addEventListener("login-needed", lead);
    return () => removeEventListener("login-needed", lead);
  }, [login]);
  useEffect(() => {
    const name = kNames.find(([view]) => view === route.view)?.[1] ?? "Log in";
    document.title = `${name} – discriminat`;
  }, [route.view]);
  useSearchKey();
  const first = useRef(true);
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [route.view]);

  const entered = () => {
    session.again();
    go(safeNext(route.query.next));
  };
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header
        route={route}
        status={status.value}
        session={session.value}
        onLogout={session.again}
      />
      <Silence />
      <main id="main" tabIndex={-1} ref={main}>
        {route.view === "/login" ? (
          <Login session={session.value} onDone={entered} />
        ) : status.value ? (
          <Shown route={route} status={status.value} />
        ) : session.error || status.error ? (
          <Trouble
            error={(session.error ?? status.error)!}
            retry={session.error ? session.again : status.again}
          />
        ) : (
          <Loading what="Asking the endpoint…" />
        )}
      </main>
      <footer>
        <span>discriminat {status.value?.version ?? ""}</span>
        <span>all times are UTC</span>
        <a href="/licences.txt">Licences</a>
      </footer>
    </>
  );
}

function Shown(props: ViewProps) {
  switch (props.route.view) {
    case "/flows":
      return <Flows {...props} />;
    case "/insights":
      return <Insights {...props} />;
    case "/allowlist":
      return <Allowlist {...props} />;
    case "/policy":
      return <Policy {...props} />;
    default:
      return <Overview {...props} />;
  }
}

function Header({
  route,
  status,
  session,
  onLogout,
}: {
  route: Route;
  status: Status | null;
  session: Session | null;
  onLogout: () => void;
}) {
  const [theme, setTheme] = useState(currentTheme());
  return (
    <header class="top">
      <a class="brand" href="/">
        <img src="/icon.svg" alt="" width="22" height="22" />
        discriminat
      </a>
      <nav aria-label="Views">
        {kNames.map(([view, name]) => (
          <a key={view} href={view} aria-current={route.view === view ? "page" : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <div class="top-right">
        {status && <Health status={status} />}
        <button type="button" class="quiet" onClick={() => setTheme(nextTheme())}>
          <span aria-hidden="true">{theme === "dark" ? "☾" : theme === "light" ? "☀" : "◑"}</span>
          <span class="unseen">Theme: </span>
          <span class="wide-only"> {theme}</span>
        </button>
        {session?.login === "done" && (
          <button
            type="button"
            class="quiet"
            title={session.id}
            onClick={() => ask("logout", {}).finally(onLogout)}
          >
            Log out
          </button>
        )}
      </div>
    </header>
  );
}

function useSilence(): number | null {
  const [since, setSince] = useState(connection.silentSince);
  useEffect(() => {
    const change = () => setSince(connection.silentSince);
    addEventListener("connection", change);
    return () => removeEventListener("connection", change);
  }, []);
  return since;
}

function Health({ status }: { status: Status }) {
  if (useSilence() !== null) {
    return (
      <span class="badge see-thru">
        <span aria-hidden="true">?</span> no answer
      </span>
    );
  }
  if (!status.gateway) return <span class="badge neutral">logs only</span>;
  const well = status.gateway.healthy;
  return (
    <span class={`badge ${well ? "allowed" : "refused"}`}>
      <span aria-hidden="true">{well ? "●" : "▲"}</span> {well ? "healthy" : "not healthy"}
    </span>
  );
}

// No answer, since when; said once, not at each attempt.
function Silence() {
  const since = useSilence();
  return (
    <div role="status">
      {since !== null && (
        <p class="banner">
          No answer from the endpoint since {formatTime(since)}. It is asked again every few
          seconds; what is shown is as it was then.
        </p>
      )}
    </div>
  );
}

// `/` goes to the search of the view, as long as nobody is writing.
function useSearchKey() {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (target.closest("input, textarea, select, [contenteditable]")) return;
      const search = document.querySelector<HTMLElement>("[data-search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
}
