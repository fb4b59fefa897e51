import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../setup/run/command.ts";
import type { Installation } from "../../setup/parts/vscode.ts";
import type { Profile } from "./profile.ts";
import type { Scratch } from "./scratch.ts";

export interface ServerOptions {
  /** Added to what extensions see as their environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Lets the page name an extension under development and its tests. */
  readonly testDriver?: boolean;
}

export interface Server {
  readonly port: number;
  /** What it has written so far. */
  output(): string;
}

const startLimitMs = 60_000;

/** Starts VS Code's server on a free port of 127.0.0.1. It ends with the scratch. */
export async function startServer(
  scratch: Scratch,
  vscode: Installation,
  profile: Profile,
  { env = {}, testDriver = false }: ServerOptions = {},
): Promise<Server> {
  const args = testDriver ? testServerArgs(vscode, profile) : [vscode.entry, ...(await places(profile)), ...serverArgs];
  const child = scratch.start(vscode.node, args, { cwd: profile.dir, env: await serverEnv(profile, env) });
  let output = "";
  const collect = (text: string) => (output += text);
  child.stdout?.setEncoding("utf8").on("data", collect);
  child.stderr?.setEncoding("utf8").on("data", collect);
  const port = await listening(child, () => output);
  return { port, output: () => output };
}

const serverArgs: readonly string[] = ["--bind-addr", "127.0.0.1:0", "--auth", "none"].concat(
  ["--ignore-last-opened", "--disable-proxy", "--disable-telemetry", "--disable-update-check"],
  ["--disable-workspace-trust", "--disable-getting-started-override"],
);

/** Not through code-server: its older versions hand on no flag that they don't know. */
function testServerArgs({ server }: Installation, { userData, extensions }: Profile): readonly string[] {
  const address = ["--host", "127.0.0.1", "--port", "0", "--without-connection-token"];
  const agreed = ["--accept-server-license-terms", "--disable-telemetry", "--disable-workspace-trust"];
  const folders = ["--user-data-dir", userData, "--extensions-dir", extensions];
  return [server, ...address, ...agreed, ...folders, "--enable-smoke-test-driver"];
}

/** Installs an extension as a person would. */
export async function installVsix({ node, entry }: Installation, profile: Profile, vsix: string): Promise<void> {
  const env = await serverEnv(profile, {});
  await run(node, [entry, ...(await places(profile)), "--install-extension", vsix], { cwd: profile.dir, env });
}

async function listening(child: ChildProcess, output: () => string): Promise<number> {
  const timeout = AbortSignal.timeout(startLimitMs);
  const gone = new AbortController();
  child.once("exit", () => gone.abort());
  for (;;) {
    const port =
      /(?:HTTP server listening on http:\/\/127\.0\.0\.1:|Web UI available at http:\/\/localhost:)(\d+)/.exec(
        output(),
      )?.[1];
    if (port !== undefined) return Number(port);
    await once(child.stdout ?? child, "data", { signal: AbortSignal.any([timeout, gone.signal]) }).catch(
      (cause: unknown) => {
        throw new Error(`VS Code's server did not start:\n${output()}`, { cause });
      },
    );
  }
}

async function places({ dir, userData, extensions }: Profile): Promise<readonly string[]> {
  const config = join(dir, "code-server.yaml");
  await writeFile(config, "");
  return ["--config", config, "--user-data-dir", userData, "--extensions-dir", extensions];
}

/** Everything that VS Code writes ends inside the profile, and nothing of the caller's tools is seen by extensions. */
async function serverEnv({ dir }: Profile, extra: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const [home, xdg, tmp] = ["home", "xdg", "tmp"].map((name) => join(dir, name)) as [string, string, string];
  await Promise.all([home, xdg, tmp].map((path) => mkdir(path, { recursive: true })));
  const foreign = /^(npm_|NODE_|VSCODE_|ELECTRON_|INIT_CWD)/;
  const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const inside = {
    HOME: home,
    XDG_CONFIG_HOME: xdg,
    XDG_DATA_HOME: xdg,
    XDG_CACHE_HOME: xdg,
    XDG_RUNTIME_DIR: tmp,
    TMPDIR: tmp,
  };
  return { ...Object.fromEntries(inherited), EXTENSIONS_GALLERY: "{}", ...extra, ...inside };
}
