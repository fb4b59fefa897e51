import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
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
  /** Opens another folder, made beside the first one, in a second window of the same VS Code. */
  openSecond(folder: string): Promise<Workbench>;
  /** The processes that run extensions, one for each window. */
  extensionHosts(): Promise<readonly number[]>;
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
    const context = await startBrowser(profile);
    browser = context;
    const workbench = new Workbench(context.pages()[0] ?? (await context.newPage()));
    await workbench.open(windowUrl(server, profile.workspace));
    const openSecond = async (folder: string) => {
      const path = join(profile.dir, folder);
      await mkdir(path, { recursive: true });
      const second = new Workbench(await context.newPage());
      await second.open(windowUrl(server, path));
      return second;
    };
    return { workbench, profile, openSecond, extensionHosts: () => extensionHosts(profile), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Told from those of any other VS Code by their home, which is in the profile. */
async function extensionHosts({ dir }: Profile): Promise<readonly number[]> {
  const read = (pid: string, file: string) => readFile(join("/proc", pid, file), "utf8").catch(() => "");
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const isHost = await Promise.all(
    pids.map(
      async (pid) =>
        (await read(pid, "cmdline")).includes("--type=extensionHost") &&
        (await read(pid, "environ")).split("\0").includes(`HOME=${join(dir, "home")}`),
    ),
  );
  return pids.filter((_, index) => isHost[index]).map(Number);
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
