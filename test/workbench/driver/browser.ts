import { join } from "node:path";
import { chromium, type BrowserContext } from "playwright-core";
import { chromiumArgs, findChromium } from "../../setup/parts/chromium.ts";
import type { Profile } from "./profile.ts";

/** Chromium with a profile of its own, in which the workbench keeps what survives a reload. */
export async function startBrowser(profile: Profile): Promise<BrowserContext> {
  const executablePath = await findChromium();
  if (executablePath === undefined) throw new Error("There is no Chromium: npm test installs it, or says how to.");
  return chromium.launchPersistentContext(join(profile.dir, "chromium"), {
    executablePath,
    args: [...chromiumArgs],
    viewport: { width: 1280, height: 800 },
    permissions: ["clipboard-read", "clipboard-write"],
    locale: "en-US",
    timezoneId: "UTC",
  });
}
