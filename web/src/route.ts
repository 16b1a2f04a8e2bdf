// The address is the state: each view and what is asked in it stand in path and query.
//
// Only the paths of the table exist; anything else is the overview. `go` adds to the history for a
// new question and replaces for a detail. A link stays a link: the app listens for plain clicks on
// local ones. Tested by test/route.test.ts.
import { useEffect, useState } from "preact/hooks";

export const kViews = ["/", "/flows", "/insights", "/allowlist", "/policy", "/login"] as const;
export type View = (typeof kViews)[number];

export interface Route {
  view: View;
  query: Record<string, string>;
}

export function parseRoute(path: string, search: string): Route {
  const view = kViews.find((known) => known === path) ?? "/";
  return { view, query: Object.fromEntries(new URLSearchParams(search)) };
}

// Empty values are left out, so that an address says only what was asked.
export function formatRoute(view: View, query: Record<string, string | undefined> = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value) search.set(key, value);
  const text = search.toString();
  return text ? `${view}?${text}` : view;
}

// Where to go after the login: a view of this console and nothing else.
export function safeNext(text: string | undefined): string {
  if (!text) return "/";
  const [path, search] = [text.split("?")[0]!, text.split("?").slice(1).join("?")];
  const known = kViews.find((view) => view === path && view !== "/login");
  return known ? (search ? `${known}?${search}` : known) : "/";
}

export function go(address: string, replace = false): void {
  if (address === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  dispatchEvent(new Event("routed"));
}

export function useRoute(): Route {
  const read = () => parseRoute(location.pathname, location.search);
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const listen = () => setRoute(read());
    const follow = (event: MouseEvent) => {
      if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey) return;
      const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
      const address = link?.getAttribute("href");
      if (!address?.startsWith("/") || link!.hasAttribute("download")) return;
      if (!kViews.some((view) => view === address.split("?")[0])) return;
      event.preventDefault();
      const other = address.split("?")[0] !== location.pathname;
      go(address);
      if (other) scrollTo(0, 0);
    };
    addEventListener("popstate", listen);
    addEventListener("routed", listen);
    document.addEventListener("click", follow);
    return () => {
      removeEventListener("popstate", listen);
      removeEventListener("routed", listen);
      document.removeEventListener("click", follow);
    };
  }, []);
  return route;
}
