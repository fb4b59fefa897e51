import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where one VS Code keeps everything: settings, extensions, logs, secrets, and a folder to work in. */
export interface Profile {
  readonly dir: string;
  readonly userData: string;
  readonly extensions: string;
  readonly workspace: string;
}

export type Settings = Readonly<Record<string, unknown>>;

/** Nothing that asks, fetches or advertises: the same window at every start. */
const quiet: Settings = {
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "workbench.enableExperiments": false,
  "workbench.colorTheme": "Default Dark Modern",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "security.workspace.trust.enabled": false,
  "window.dialogStyle": "custom",
  "window.commandCenter": false,
  "git.enabled": false,
  "remote.autoForwardPorts": false,
  "chat.disableAIFeatures": true,
  "chat.commandCenter.enabled": false,
};

/** Makes a fresh profile in a directory that is there. */
export async function makeProfile(dir: string, settings: Settings): Promise<Profile> {
  const profile = profileIn(dir);
  const home = join(profile.userData, "User");
  await Promise.all([home, profile.extensions, profile.workspace].map((path) => mkdir(path, { recursive: true })));
  await writeFile(join(home, "settings.json"), JSON.stringify({ ...quiet, ...settings }, undefined, 2));
  return profile;
}

export function profileIn(dir: string): Profile {
  const [userData, extensions, workspace] = ["user-data", "extensions", "workspace"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  return { dir, userData, extensions, workspace };
}

/** Copies VS Code's own logs, output channels among them, out of a profile that is to be removed. */
export async function keepLogs(profile: Profile, target: string): Promise<void> {
  await cp(join(profile.userData, "logs"), target, { recursive: true, force: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  });
}
