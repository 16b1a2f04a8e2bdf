// A Chromium with a profile of its own, watched: what the page complains about fails the task.
//
// Console errors, uncaught exceptions, requests to other hosts and violations of the content
// security policy are collected from every page. The browser is Debian's; nothing is downloaded.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const kFlags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function openBrowser(base) {
  const profile = mkdtempSync(join(tmpdir(), "console-e2e-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: kFlags,
    headless: true,
    acceptDownloads: true,
    viewport: { width: 1280, height: 900 },
    reducedMotion: "reduce",
  });
  const complaints = [];
  await context.grantPermissions(["clipboard-read", "clipboard-write"], {
    origin: new URL(base).origin,
  });
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) =>
      console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  const watch = (page) => {
    page.on("console", (message) => {
      // Who leaves a view stops its query; one that has just ended answers 400 to that.
      if (message.location().url.endsWith("/api/logs/StopQuery")) return;
      if (message.type() === "error" || message.type() === "warning")
        complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(base) && !url.startsWith("blob:") && !url.startsWith("data:")) {
        complaints.push(`a request to elsewhere: ${url}`);
      }
    });
  };
  context.pages().forEach(watch);
  context.on("page", watch);
  return {
    page: context.pages()[0] ?? (await context.newPage()),
    // What was complained about since the last call. A wrong pattern is answered with 400, which
    // Chromium itself reports as an error; `but` takes out what the task provoked.
    complaints: (but = null) => complaints.splice(0).filter((text) => !but?.test(text)),
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
