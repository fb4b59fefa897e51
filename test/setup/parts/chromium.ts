import { chromium as playwright } from "playwright-core";
import { isExecutable, which } from "../run/command.ts";
import { aptPart } from "./apt.ts";
import { ready, type Part } from "./part.ts";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const macOS = ["Google Chrome", "Chromium"].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);

const fromApt = aptPart({
  name: "Chromium",
  programs: ["chromium"],
  packages: ["chromium"],
  elsewhere: "Install Chromium or Google Chrome, name one in CHROMIUM, or run: npx playwright-core install chromium",
});

export const chromium: Part = {
  name: "Chromium",
  prepare: async () => ((await findChromium()) === undefined ? await fromApt.prepare() : ready),
};

/** Quiet, without a window. Debian's Chromium has no sandbox for root, and the pages are our own. */
export const chromiumArgs: readonly string[] = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The environment's CHROMIUM, an installed Chromium or Chrome, or the one that Playwright has downloaded. */
export async function findChromium(): Promise<string | undefined> {
  const named = process.env["CHROMIUM"];
  if (named !== undefined && named !== "") return named;
  for (const name of names) {
    const found = await which(name);
    if (found !== undefined) return found;
  }
  for (const path of [...macOS, playwright.executablePath()]) if (await isExecutable(path)) return path;
  return undefined;
}
