import { downloadAndUnzipVSCode } from "@vscode/test-electron";
import { join } from "node:path";
import { reports, root } from "../paths.ts";
import { runHostSuite } from "../run/hostSuite.ts";
import { totals, withoutTests } from "../run/outcome.ts";
import { packageExtension } from "../run/packaging.ts";
import { Transcript } from "../run/transcript.ts";

const transcript = new Transcript(join(reports, "desktop.log"));
process.exitCode = (await runOnDesktop()) ? 0 : 1;
await transcript.end();

/** The suite of the extension host, in desktop VS Code: the one VSCODE_EXECUTABLE names, or a downloaded one. */
async function runOnDesktop(): Promise<boolean> {
  const executable = process.env["VSCODE_EXECUTABLE"] ?? (await download());
  if (executable === undefined) return false;
  await packageExtension((line) => transcript.say(line));
  const counts = await runHostSuite({ name: "host on desktop VS Code", executable }, transcript);
  if (withoutTests(counts)) transcript.say("✖ No test was found.");
  transcript.say(`\n${totals(counts)}`);
  return counts.failed === 0 && !withoutTests(counts);
}

async function download(): Promise<string | undefined> {
  if (process.platform === "linux" && !process.env["DISPLAY"] && !process.env["WAYLAND_DISPLAY"]) {
    transcript.say("Desktop VS Code needs a display, and there is none here: xvfb-run -a npm run test:desktop");
    return undefined;
  }
  try {
    return await downloadAndUnzipVSCode({ version: "stable", cachePath: join(root, ".vscode-test"), timeout: 30_000 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    transcript.say(`Desktop VS Code could not be downloaded, so nothing was tested: ${why}`);
    transcript.say("An installed one will do: VSCODE_EXECUTABLE=/path/to/code npm run test:desktop");
    return undefined;
  }
}
