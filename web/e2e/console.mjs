// The console as a user does her work in it: node e2e/console.mjs BASE_URL [--shots DIR] [--login
// ID:SECRET]
//                                                                 [--only NAME,…]
//
// One JSON line per task, {task, ok, detail}; status 1 when one fails. A console error or a
// violation of the content security policy fails the task in which it occurs. The endpoint must
// have: a refused TLS connection to unlisted.test of the last hour, see-thru of the group
// sg-learning exerted in the last days, a policy and a config log. The mock (dev-server.mjs) and
// the gateway's laboratory have them.
import { readFileSync } from "node:fs";
import { axeViolations, overflow, settle, shoot } from "./checks.mjs";
import { openBrowser } from "./browser.mjs";

const words = process.argv.slice(2);
const option = (name) => (words.includes(name) ? words[words.indexOf(name) + 1] : undefined);
const base = (words[0] ?? "http://127.0.0.1:8043").replace(/\/$/, "");
const shots = option("--shots");
const only = option("--only")?.split(",");

function must(condition, what) {
  if (!condition) throw new Error(what);
}

async function open(page, path) {
  await page.goto(base + path);
  await settle(page);
}

async function logIn(page) {
  const login = option("--login");
  await page.goto(base);
  if (!login) return "no login asked for";
  await page.waitForURL(/\/login/);
  const [id, ...secret] = login.split(":");
  await page.getByLabel("Key id").fill(id);
  await page.getByLabel("Secret").fill(secret.join(":"));
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  return `logged in as ${id}`;
}

async function findRefusal(page) {
  await open(page, "/flows?from=1h");
  await page.getByRole("button", { name: "Refused", exact: true }).click();
  await page.waitForURL(/pattern=/);
  await settle(page);
  const input = page.getByLabel("Filter pattern");
  await input.fill('{ $.outcome = "disallowed" && $.dhost = "unlisted.test" && $.proto = "tls" }');
  await input.press("Enter");
  const row = page.getByRole("button", { name: /unlisted\.test/ }).first();
  await row.click();
  const annotation = page.locator("[data-annotation]").first();
  await annotation.waitFor();
  const text = await annotation.innerText();
  must(text === "discriminat:tls:unlisted.test", `the annotation is ${text}`);
  await page.getByRole("button", { name: "Copy the annotation" }).click();
  await page.getByText("copied", { exact: true }).first().waitFor({ state: "attached" });
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  must(copied === text, `the clipboard has ${copied}`);
  await shoot(page, shots, "flows-why");
  return text;
}

async function wrongPattern(page) {
  await open(page, "/flows?from=1h");
  await page.getByLabel("Filter pattern").fill("{ $.outcome = }");
  await page.getByRole("button", { name: "Search" }).click();
  const error = page.locator("#pattern-error .error-line");
  await error.waitFor();
  const text = await error.innerText();
  must(/Invalid character/.test(text), text);
  await shoot(page, shots, "flows-error");
  return text;
}

async function liveTail(page) {
  await open(page, "/flows");
  await page.getByRole("button", { name: /Live tail/ }).click();
  await page.waitForURL(/live=1/);
  await page.getByRole("button", { name: /Stop the live tail/ }).waitFor();
  await page.locator(".flows .flow, .state-title").first().waitFor();
  return `${await page.locator(".flows .flow").count()} rows`;
}

async function buildAllowlist(page) {
  await open(page, "/allowlist");
  const groups = page.getByLabel("Group under see-thru");
  await page.waitForFunction(() => document.querySelectorAll("main select option").length > 1);
  await groups.selectOption("sg-learning");
  await page.getByRole("heading", { name: "Names" }).waitFor();
  const first = page.locator("[data-annotation]").first();
  await first.waitFor();
  const texts = await page.locator("[data-annotation]").allInnerTexts();
  must(
    texts.every((text) => text.startsWith("discriminat:") && text.length <= 255),
    texts.join("\n"),
  );
  const before = texts.join(",");
  const box = page.locator('td input[type="checkbox"]').first();
  const name = (await box.getAttribute("aria-label")).split(" ")[1];
  await box.uncheck();
  await page.waitForFunction(
    (old) =>
      [...document.querySelectorAll("[data-annotation]")].map((e) => e.textContent).join(",") !==
      old,
    before,
  );
  const after = (await page.locator("[data-annotation]").allInnerTexts()).join(",");
  const times = (text) => text.split(/[,:]/).filter((word) => word === name).length;
  must(times(after) === times(before) - 1, `${name} is still in a rule`);
  await shoot(page, shots, "allowlist");
  const wildcard = page.locator(".wildcards input").first();
  if (await wildcard.count()) {
    const pattern = await page.locator(".wildcards code").first().innerText();
    await wildcard.check();
    await page.locator("[data-annotation]", { hasText: pattern }).first().waitFor();
  }
  await page.getByRole("tab", { name: "Terraform" }).click();
  await page.getByText("aws_vpc_security_group_egress_rule").first().waitFor();
  await page.getByRole("tab", { name: "Policy file" }).click();
  await page.getByText("[[group.egress]]").first().waitFor();
  await page.getByRole("tab", { name: "What would still be refused" }).click();
  await page.getByRole("button", { name: /^Replay/ }).click();
  await page
    .getByText(/would be refused/)
    .first()
    .waitFor();
  await shoot(page, shots, "allowlist-replay");
  return texts[0];
}

async function askInsights(page) {
  await open(page, "/insights?from=24h");
  const editor = page.getByLabel("Query", { exact: true });
  await editor.fill(
    'filter outcome = "disallowed"\n| stats count(*) as refused by bin(1h), reason',
  );
  await editor.press("Control+Enter");
  await page.getByRole("heading", { name: "Chart" }).waitFor();
  must((await page.locator(".plot canvas").count()) === 1, "no chart");
  const rows = await page.locator("table.result tbody tr").count();
  must(rows > 0, "no rows");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "CSV download" }).click(),
  ]);
  const text = readFileSync(await download.path(), "utf8");
  must(text.startsWith("bin(1h),reason,refused\r\n"), text.slice(0, 80));
  must(text.split("\r\n").length >= rows + 2, "rows are missing in the file");
  await page
    .getByRole("button", { name: /refused/ })
    .first()
    .click();
  await shoot(page, shots, "insights");
  return `${rows} rows, ${download.suggestedFilename()}`;
}

async function wrongQuery(page) {
  await open(page, "/insights");
  const editor = page.getByLabel("Query", { exact: true });
  await editor.fill('filter outcome = "allowed"\n| nonsense');
  await editor.press("Control+Enter");
  const error = page.locator("#query-error .error-line");
  await error.waitFor();
  const text = await error.innerText();
  must(/^Line 2, column 3/.test(text), text);
  await shoot(page, shots, "insights-error");
  return text;
}

async function readOverview(page) {
  await open(page, "/?from=1h");
  await page.locator(".plot canvas").waitFor();
  await page.getByRole("button", { name: "Show the numbers" }).click();
  const numbers = await page.locator(".chart tbody td").allInnerTexts();
  must(
    numbers.some((n) => Number(n) > 0),
    "every rate is zero",
  );
  // `discriminat serve` has no gateway, and says so where its health would stand.
  const logsOnly = (await page.getByText("logs only", { exact: true }).count()) > 0;
  const tiles = await page.locator(".tile").allInnerTexts();
  must(
    logsOnly || (tiles.length >= 5 && tiles.some((tile) => /healthy/.test(tile))),
    tiles.join(" | "),
  );
  must(logsOnly || (await page.getByText("Handshake").count()) > 0, "no timings");
  await page.locator(".bars a").first().click();
  await page.waitForURL(/\/flows\?.*pattern=/);
  await settle(page);
  must((await page.locator(".flow").count()) > 0, "the link of a reason finds nothing");
  return tiles.map((tile) => tile.replace(/\s+/g, " ")).join(" | ");
}

async function readPolicy(page) {
  await open(page, "/policy");
  await page.locator(".client-list a").first().waitFor();
  const client = page.locator(".client-list a").first();
  const name = await client.locator(".client-name").innerText();
  await client.click();
  await page.waitForURL(/client=/);
  await page.getByRole("heading", { name, exact: true }).waitFor();
  must((await page.locator(".members tbody tr").count()) > 0, "no rules");
  await shoot(page, shots, "policy");
  await page.getByRole("tab", { name: "History" }).click();
  await page.locator(".change").first().waitFor();
  const changes = await page.locator(".change").count();
  await shoot(page, shots, "policy-history");
  return `${name}, ${changes} changes`;
}

const kViews = [
  ["overview", "/"],
  ["flows", "/flows?from=24h"],
  ["http", `/flows?from=24h&pattern=${encodeURIComponent('{ $.proto = "http" }')}`],
  [
    "insights",
    "/insights?from=24h&query=" +
      encodeURIComponent('filter outcome = "disallowed" | stats count(*) as n by bin(1h), reason'),
  ],
  ["allowlist", "/allowlist?gid=sg-learning"],
  ["policy", "/policy"],
  ["history", "/policy?view=history"],
  ["login", "/login"],
];

async function looks(page) {
  const found = [];
  for (const [theme, width] of [
    ["light", 1280],
    ["dark", 1280],
    ["light", 360],
    ["dark", 360],
  ]) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 900 });
    for (const [name, path] of kViews) {
      await open(page, path);
      const row = page.locator(".flow-line").first();
      if (path.startsWith("/flows") && (await row.count())) {
        await row.click();
        await settle(page);
      }
      const help = page.getByRole("button", { name: "Help and examples" });
      if (await help.count()) await help.click();
      const wide = await overflow(page);
      if (wide) found.push(`${name} ${theme} ${width}: scrolls sideways, ${wide}`);
      for (const violation of await axeViolations(page))
        found.push(`${name} ${theme} ${width}: ${violation}`);
      await shoot(page, shots, `${name}-${theme}-${width}`);
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: null });
  must(found.length === 0, found.join("\n"));
  return `${kViews.length} views, 4 looks each`;
}

async function keyboardOnly(page) {
  await open(page, "/flows?from=24h");
  await page.keyboard.press("Tab");
  must(
    await page.evaluate(() => document.activeElement.classList.contains("skip")),
    "no skip link first",
  );
  await page.keyboard.press("Enter");
  await page.keyboard.press("/");
  must(
    await page.evaluate(() => document.activeElement.name === "pattern"),
    "/ does not go to the search",
  );
  for (let i = 0; i < 40; ++i) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.classList.contains("flow-line"))) break;
  }
  await page.keyboard.press("ArrowDown");
  must(
    await page.evaluate(
      () => document.activeElement === document.querySelectorAll(".flow-line")[1],
    ),
    "the arrow does not go to the next row",
  );
  await page.keyboard.press("Enter");
  must(
    await page.evaluate(() => document.activeElement.getAttribute("aria-expanded") === "true"),
    "not expanded",
  );
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  must(outline !== "none", "the focus cannot be seen");
  const record = page.locator(".record").first();
  await record.waitFor();
  must(/dhost/.test(await record.innerText()), "no full record");
  return "skip link, /, Tab, arrow, Enter";
}

async function themeSwitch(page) {
  await open(page, "/");
  const button = page.getByRole("button", { name: /Theme/ });
  await button.click();
  await page.reload();
  await settle(page);
  const theme = await page.evaluate(() => document.documentElement.dataset.theme);
  must(theme === "dark", `after a reload the theme is ${theme}`);
  await button.click();
  await button.click();
  return "remembered";
}

const kBadRequest = /status of 400/;
const kTasks = [
  ["login", logIn],
  ["find-why-it-was-refused", findRefusal],
  ["wrong-pattern", wrongPattern, kBadRequest],
  ["live-tail", liveTail],
  ["build-an-allowlist", buildAllowlist],
  ["ask-a-question", askInsights],
  ["wrong-query", wrongQuery, kBadRequest],
  ["read-the-overview", readOverview],
  ["read-the-policy", readPolicy],
  ["keyboard-only", keyboardOnly],
  ["theme", themeSwitch],
  ["looks", looks],
];

const { page, complaints, close } = await openBrowser(base);
page.setDefaultTimeout(20_000);
let failed = false;
for (const [task, run, provoked] of kTasks) {
  if (only && task !== "login" && !only.includes(task)) continue;
  let ok = true;
  let detail;
  try {
    detail = await run(page);
  } catch (error) {
    ok = false;
    detail = String(error.message);
    await shoot(page, shots, `failed-${task}`).catch(() => {});
  }
  const said = complaints(provoked);
  if (said.length > 0) [ok, detail] = [false, `${detail}\nthe page complains: ${said.join("\n")}`];
  failed ||= !ok;
  console.log(JSON.stringify({ task, ok, detail }));
}
await close();
process.exit(failed ? 1 : 0);
