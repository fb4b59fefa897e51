import { downloadAndUnzipVSCode } from "@vscode/test-electron";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "../paths.ts";

const patienceMs = 15_000;

/** A desktop VS Code that can show a window here: the installed one, or a downloaded one; nothing where there is neither. */
export async function findDesktop(): Promise<string | undefined> {
  if (!hasDisplay()) return undefined;
  const installed = findInPath(process.platform === "win32" ? "code.cmd" : "code");
  if (installed !== undefined) return installed;
  try {
    return await downloadAndUnzipVSCode({
      version: "stable",
      cachePath: join(root, ".vscode-test"),
      timeout: patienceMs,
    });
  } catch {
    console.log(
      "A desktop VS Code is neither installed nor can it be downloaded here: the one in the browser will do.",
    );
    return undefined;
  }
}

export function hasDisplay(): boolean {
  return process.platform !== "linux" || Boolean(process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"]);
}

function findInPath(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
