// Dark or light: as the system says, or as chosen with the switch, which is remembered.
//
// The choice stands as an attribute of the root element, where the style sheet finds it. Charts
// listen for "theme" to take the new colours. Storage may be forbidden; then a choice lasts a page.

export type Theme = "auto" | "dark" | "light";
const kKey = "discriminat-theme";
const kNext: Record<Theme, Theme> = { auto: "dark", dark: "light", light: "auto" };

let chosen: Theme = read();

function read(): Theme {
  try {
    const stored = localStorage.getItem(kKey);
    return stored === "dark" || stored === "light" ? stored : "auto";
  } catch {
    return "auto";
  }
}

export const currentTheme = (): Theme => chosen;

export function applyTheme(): void {
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  dispatchEvent(new Event("theme"));
}

export function nextTheme(): Theme {
  chosen = kNext[chosen];
  try {
    localStorage.setItem(kKey, chosen);
  } catch {
    // Not remembered, then.
  }
  applyTheme();
  return chosen;
}
