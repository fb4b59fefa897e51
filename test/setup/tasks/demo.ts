import { downloadAndUnzipVSCode } from "@vscode/test-electron";
import { once } from "node:events";
import { join } from "node:path";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { makeProfile, type Profile } from "../../workbench/driver/profile.ts";
import { Scratch } from "../../workbench/driver/scratch.ts";
import { installVsix, startServer } from "../../workbench/driver/server.ts";
import { windowUrl } from "../../workbench/driver/window.ts";
import { ceph } from "../parts/packages.ts";
import { installation, newest, vscode } from "../parts/vscode.ts";
import { root } from "../paths.ts";
import { plainEnv, run, which } from "../run/command.ts";
import { packageExtension } from "../run/packaging.ts";
import { sandboxSettings } from "../run/sandboxLine.ts";
import { endWithUsage, need, readArguments, runTask } from "../run/task.ts";

const usage = `npm run demo [-- --backend rgw] [--no-open]

Opens VS Code with the extension and a platform of its own on this computer, with sample data. Ctrl+C ends it all.

  --backend rgw   a real Ceph RGW behind it, instead of the sandbox's own S3 server
  --no-open       only prints the address to open: VS Code runs as a server`;

const { values } = readArguments(
  {
    options: {
      backend: { type: "string", default: "embedded" },
      "no-open": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  },
  usage,
);
const { backend } = values;

if (values.help) console.log(usage);
else if (backend !== "embedded" && backend !== "rgw") endWithUsage(`There is no backend ${backend}.`, usage);
else await runTask(() => demonstrate(backend));

async function demonstrate(kind: "embedded" | "rgw"): Promise<void> {
  const ended = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  if (kind === "rgw") await need(ceph);
  const vsix = await packageExtension(() => undefined);
  await using sandbox = await startSandbox({ backend: kind });
  const scratch = await Scratch.create();
  try {
    const settings = { ...sandboxSettings(sandbox), "workbench.startupEditor": "none" };
    const profile = await makeProfile(scratch.dir, settings);
    const desktop = values["no-open"] ? undefined : await desktopVSCode();
    const where =
      desktop === undefined ? await serve(scratch, profile, vsix) : await openDesktop(scratch, desktop, profile, vsix);
    tell(where, sandbox);
    await ended;
    console.log("\nEnding VS Code and the sandbox…");
  } finally {
    await scratch.end();
  }
}

function tell(where: string, { platformUrl, s3Endpoint, tokens }: Sandbox): void {
  console.log(`
${where}

  Platform API  ${platformUrl}
  S3 endpoint   ${s3Endpoint}
  API token     ${tokens.member}

RGW Keyring in the activity bar → Sign In → API token → paste the token above → Select Project → web-shop.
Ctrl+C ends all of it.`);
}

/** An installed one, or one that can be downloaded; none without a display. */
async function desktopVSCode(): Promise<string | undefined> {
  const hasDisplay = process.platform !== "linux" || process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"];
  if (!hasDisplay) return undefined;
  const installed = await which(process.platform === "win32" ? "code.cmd" : "code");
  if (installed !== undefined) return installed;
  return downloadAndUnzipVSCode({ cachePath: join(root, ".vscode-test"), timeout: 10_000 }).catch(() => undefined);
}

async function openDesktop(scratch: Scratch, code: string, profile: Profile, vsix: string): Promise<string> {
  const places = [`--user-data-dir=${profile.userData}`, `--extensions-dir=${profile.extensions}`];
  const rootArgs = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  await run(code, [...rootArgs, ...places, "--install-extension", vsix], { env: plainEnv() });
  scratch.start(code, [...rootArgs, ...places, "--new-window", "--wait", profile.workspace], { env: plainEnv() });
  return "VS Code is opening.";
}

async function serve(scratch: Scratch, profile: Profile, vsix: string): Promise<string> {
  await need(vscode(newest));
  await installVsix(installation(newest), profile, vsix);
  const server = await startServer(scratch, installation(newest), profile);
  const url = windowUrl(server, profile.workspace);
  if (!values["no-open"]) await openInBrowser(url);
  return `VS Code is at ${url}`;
}

async function openInBrowser(url: string): Promise<void> {
  const opener = await which(process.platform === "darwin" ? "open" : "xdg-open");
  if (opener !== undefined) await run(opener, [url]).catch(() => undefined);
}
