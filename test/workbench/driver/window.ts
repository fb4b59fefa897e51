import type { BrowserContext } from "playwright-core";
import { join } from "node:path";
import { installation, type Version } from "../../setup/parts/vscode.ts";
import { logs } from "../../setup/paths.ts";
import { startBrowser } from "./browser.ts";
import { keepLogs, makeProfile, type Profile, type Settings } from "./profile.ts";
import { Scratch } from "./scratch.ts";
import { installVsix, startServer, type Server } from "./server.ts";
import { Workbench } from "./workbench.ts";

export interface WindowOptions {
  readonly version: Version;
  /** The packaged extension to install. */
  readonly vsix: string;
  /** The user's settings. */
  readonly settings: Settings;
  /** Where in `out/logs/` VS Code's logs are kept when it has ended. */
  readonly name: string;
}

/** A window of a real VS Code with a fresh profile and one extension installed. */
export interface Window {
  readonly workbench: Workbench;
  readonly profile: Profile;
  /** Ends VS Code and the browser, and removes the profile. */
  close(): Promise<void>;
}

export async function openWindow({ version, vsix, settings, name }: WindowOptions): Promise<Window> {
  const scratch = await Scratch.create();
  let browser: BrowserContext | undefined;
  const profile = await makeProfile(scratch.dir, settings);
  const close = async () => {
    await browser?.close();
    await keepLogs(profile, join(logs, name));
    await scratch.end();
  };
  try {
    await installVsix(installation(version), profile, vsix);
    const server = await startServer(scratch, installation(version), profile);
    browser = await startBrowser(profile);
    const workbench = new Workbench(browser.pages()[0] ?? (await browser.newPage()));
    await workbench.open(windowUrl(server, profile.workspace));
    return { workbench, profile, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** `localhost`, not the address: that makes it a secure context, which service workers and the clipboard need. */
export function windowUrl(
  { port }: Pick<Server, "port">,
  folder: string,
  payload?: readonly (readonly [string, string])[],
): string {
  const query = new URLSearchParams({ folder });
  if (payload !== undefined) query.set("payload", JSON.stringify(payload));
  return `http://localhost:${port}/?${query}`;
}
