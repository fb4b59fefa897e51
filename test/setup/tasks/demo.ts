import { spawn } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { makeProfile, type Profile } from "../../workbench/driver/profile.ts";
import { Scratch } from "../../workbench/driver/scratch.ts";
import { installVsix, startServer } from "../../workbench/driver/server.ts";
import { windowUrl } from "../../workbench/driver/window.ts";
import { ceph } from "../parts/packages.ts";
import { installation, newest, vscode } from "../parts/vscode.ts";
import { findDesktop } from "../run/desktop.ts";
import { packageExtension } from "../run/packaging.ts";
import { sandboxSettings } from "../run/sandboxLine.ts";

const usage = `npm run demo [-- --no-open] [--backend embedded|rgw] [--browser]

Builds the extension, starts a platform in a box with sample data, and opens VS Code with both. Ctrl+C ends all of it.

  --no-open       only print the address of the VS Code in the browser
  --backend rgw   a real Ceph RGW behind the platform
  --browser       the VS Code in the browser, even where there is a desktop VS Code`;

const { values } = parseArgs({
  options: {
    "no-open": { type: "boolean", default: false },
    browser: { type: "boolean", default: false },
    backend: { type: "string", default: "embedded" },
    help: { type: "boolean", default: false },
  },
});
const { backend } = values;

if (values.help) console.log(usage);
else if (backend !== "embedded" && backend !== "rgw") {
  console.error(`There is no backend ${backend}.\n\n${usage}`);
  process.exitCode = 2;
} else await demonstrate(backend);

async function demonstrate(kind: "embedded" | "rgw"): Promise<void> {
  const ended = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => ended.abort());
  if (kind === "rgw") await need(ceph);
  const vsix = await packageExtension(() => {});
  await using scratchAndSandbox = new AsyncDisposableStack();
  const sandbox = scratchAndSandbox.use(await startSandbox({ backend: kind }));
  const scratch = scratchAndSandbox.adopt(await Scratch.create(), (it) => it.end());
  const profile = await makeProfile(scratch.dir, { ...sandboxSettings(sandbox), "remote.autoForwardPorts": false });

  const desktop = values.browser || values["no-open"] ? undefined : await findDesktop();
  if (desktop === undefined) await openInBrowser(scratch, profile, vsix);
  else await openDesktop(desktop, scratch, profile, vsix, ended);
  explain(sandbox);
  if (!ended.signal.aborted) await once(ended.signal, "abort");
  console.log("\nEnding…");
}

async function openInBrowser(scratch: Scratch, profile: Profile, vsix: string): Promise<void> {
  await need(vscode(newest));
  await installVsix(installation(newest), profile, vsix);
  const url = windowUrl(await startServer(scratch, installation(newest), profile), profile.workspace);
  console.log(`\nVS Code is at ${url}`);
  if (!values["no-open"]) openUrl(url);
}

async function openDesktop(
  code: string,
  scratch: Scratch,
  { userData, extensions, workspace, dir }: Profile,
  vsix: string,
  ended: AbortController,
): Promise<void> {
  const places = ["--user-data-dir", userData, "--extensions-dir", extensions];
  const install = scratch.start(code, [...places, "--install-extension", vsix], { cwd: dir, env: process.env });
  await once(install, "exit");
  const window = scratch.start(code, [...places, "--wait", "--new-window", workspace], { cwd: dir, env: process.env });
  window.once("exit", () => ended.abort());
}

function explain({ tokens, platformUrl, s3Endpoint }: Sandbox): void {
  console.log(`
1. Open "RGW Keyring" in the activity bar and press Sign In.
2. Choose "API token" and paste this one, which is the sandbox's own and good only here:

     ${tokens.member}

The platform is at ${platformUrl}, its S3 endpoint at ${s3Endpoint}.
An administrator's token, to see all projects: ${tokens.admin}

Ctrl+C ends VS Code's server, the sandbox and all that belongs to them.`);
}

async function need(part: {
  readonly name: string;
  prepare(): Promise<{ ready: true } | { ready: false; why: string }>;
}): Promise<void> {
  const readiness = await part.prepare();
  if (!readiness.ready) throw new Error(`${part.name} is missing. ${readiness.why}`);
}

/** Where there is no browser to open, the printed address is enough. */
function openUrl(url: string): void {
  const command = process.platform === "darwin" ? "open" : "xdg-open";
  const child = spawn(command, [url], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}
