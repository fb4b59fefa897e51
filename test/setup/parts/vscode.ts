import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { root } from "../paths.ts";
import { plainEnv, run } from "../run/command.ts";
import { buildTools } from "./packages.ts";
import { missing, ready, type Part, type Readiness } from "./part.ts";

/** The newest VS Code that npm has (as code-server), and the lowest that `engines` promises. */
export type Version = "1.139.1" | "1.100.3";
export const newest: Version = "1.139.1";
export const lowest: Version = "1.100.3";

/** VS Code as a server, with its workbench in the browser. */
export interface Installation {
  readonly version: Version;
  /** The Node that this VS Code runs on. */
  readonly node: string;
  /** code-server's program. */
  readonly entry: string;
  /** VS Code's own server inside it. */
  readonly server: string;
}

export function installation(version: Version): Installation {
  const codeServer = join(home(version), "node_modules", "code-server");
  return {
    version,
    node: join(nodePackage(version), "bin", "node"),
    entry: join(codeServer, "out", "node", "entry.js"),
    server: join(codeServer, "lib", "vscode", "out", "server-main.js"),
  };
}

/** Installs from npm alone, pinned by the lock file in `test/workbench/vscode/`; no package's install script runs. */
export function vscode(version: Version): Part {
  return { name: `VS Code ${version}`, prepare: () => prepare(version) };
}

async function prepare(version: Version): Promise<Readiness> {
  if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch)) {
    return missing("VS Code as a server runs on Linux (x64, arm64) only. Elsewhere: npm run test:desktop");
  }
  const marker = join(home(version), "node_modules", ".installed");
  const lock = await readFile(join(home(version), "package-lock.json"));
  const state = createHash("sha256").update(lock).digest("hex");
  if ((await readFile(marker, "utf8").catch(() => "")) === state) return ready;
  const tools = await buildTools.prepare();
  if (!tools.ready) return missing(`Its native modules have to be built. ${tools.why}`);
  await install(version);
  await writeFile(marker, state);
  return ready;
}

async function install(version: Version): Promise<void> {
  const server = join(home(version), "node_modules", "code-server", "lib", "vscode");
  const node = nodePackage(version);
  const env = {
    ...plainEnv(),
    PATH: `${join(node, "bin")}${delimiter}${process.env["PATH"]}`,
    npm_config_nodedir: node,
  };
  console.log(`VS Code ${version}: npm ci in ${home(version)} (800 MB, about a minute)`);
  await run("npm", ["ci", "--ignore-scripts"], { cwd: home(version), env: plainEnv() });
  // Not `npm ci`: the shrinkwrap that comes with it is not complete.
  await run("npm", ["install", "--omit=dev", "--ignore-scripts"], { cwd: server, env });
  console.log(`VS Code ${version}: building its native modules`);
  // Log files and output channels, and the end of an orphaned extension host.
  await run("npm", ["rebuild", "@vscode/spdlog", "@vscode/native-watchdog"], { cwd: server, env });
  // Older ones need it for their start; newer ones bring a binary. Built here, because it would be downloaded otherwise.
  if (!existsSync(join(home(version), "node_modules", "argon2", "prebuilds"))) {
    await run("npm", ["rebuild", "argon2", "--build-from-source"], { cwd: home(version), env });
  }
  await run(installation(version).node, [installation(version).entry, "--version"], { env: plainEnv() });
}

function home(version: Version): string {
  return join(root, "test", "workbench", "vscode", version);
}

function nodePackage(version: Version): string {
  return join(home(version), "node_modules", `node-linux-${process.arch}`);
}
