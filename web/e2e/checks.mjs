// What holds for every view: no axe violation, no horizontal scrolling, in both themes, wide and
// narrow.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const kAxe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const kTags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// axe is put in by the debugging protocol, which the content security policy does not concern.
export async function axeViolations(page) {
  await page.evaluate(kAxe);
  const found = await page.evaluate(async (tags) => {
    const result = await globalThis.axe.run(document, { runOnly: tags });
    return result.violations.map(
      (v) =>
        `${v.id}: ${v.nodes
          .slice(0, 3)
          .map((n) => n.target.join(" "))
          .join("; ")}`,
    );
  }, kTags);
  return found;
}

export async function overflow(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return "";
    const wide = [...document.querySelectorAll("main *")].find(
      (e) =>
        e.getBoundingClientRect().right > width + 1 &&
        !e.closest(".scroll, pre, textarea, .gutter"),
    );
    return `${document.documentElement.scrollWidth} > ${width}: ${wide?.tagName} ${wide?.className}`;
  });
}

// Until nothing loads any more.
export async function settle(page) {
  await page.waitForSelector("main h1", { timeout: 20_000 });
  await page.waitForFunction(() => !document.querySelector("main .loading"), null, {
    timeout: 30_000,
  });
}

export async function shoot(page, folder, name) {
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
