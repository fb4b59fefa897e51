import { runTests } from "@vscode/test-electron";
import { build } from "esbuild";
import { glob, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { keepLogs, makeProfile } from "../../workbench/driver/profile.ts";
import { Scratch } from "../../workbench/driver/scratch.ts";
import type { HostTest } from "../../workbench/host/report.ts";
import { logs, out, reports, root } from "../paths.ts";
import type { Counts } from "./outcome.ts";
import { sandboxLine, sandboxSettings } from "./sandboxLine.ts";
import type { Transcript } from "./transcript.ts";

export interface HostSuite {
  /** Names the report and the logs. */
  readonly name: string;
  /** VS Code's program, or one that takes its arguments. */
  readonly executable: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs the mocha suite in the extension host of a real VS Code. The extension must have been built. */
export async function runHostSuite({ name, executable, env = {} }: HostSuite, transcript: Transcript): Promise<Counts> {
  const id = name.replaceAll(/[^\w.]+/g, "-");
  const report = join(reports, `${id}.jsonl`);
  await mkdir(reports, { recursive: true });
  await writeFile(report, "");
  const extensionTestsPath = await bundle();
  await using sandbox = await startSandbox();
  const scratch = await Scratch.create();
  const profile = await makeProfile(scratch.dir, sandboxSettings(sandbox));
  try {
    const error = await runTests({
      vscodeExecutablePath: executable,
      extensionDevelopmentPath: root,
      extensionTestsPath,
      extensionTestsEnv: {
        ...env,
        RGW_SANDBOX: sandboxLine(sandbox),
        RGW_HOST_REPORT: report,
        RGW_LOGS: join(logs, id),
      },
      launchArgs: [profile.workspace, `--user-data-dir=${profile.userData}`, `--extensions-dir=${profile.extensions}`],
      stdout: transcript.stream,
      stderr: transcript.stream,
    }).then(
      () => undefined,
      (failure: unknown) => String(failure),
    );
    return tell(parseReport(await readFile(report, "utf8")), error, transcript);
  } finally {
    await keepLogs(profile, join(logs, id));
    await scratch.end();
  }
}

/** CommonJS, whatever package.json says: VS Code requires the entry, and mocha loads the rest. */
async function bundle(): Promise<string> {
  const folder = join(root, "test", "workbench", "host");
  const tests = await Array.fromAsync(glob(join(folder, "*.test.ts")));
  await build({
    entryPoints: [join(folder, "index.ts"), ...tests],
    outdir: join(out, "host"),
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    sourcemap: "inline",
    external: ["vscode", "mocha"],
    logLevel: "warning",
  });
  return join(out, "host", "index.cjs");
}

function parseReport(text: string): readonly HostTest[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as HostTest);
}

function tell(tests: readonly HostTest[], error: string | undefined, transcript: Transcript): Counts {
  const say = (line: string) => transcript.say(line);
  const marks = { passed: "✔", failed: "✖", skipped: "﹣" };
  for (const test of tests) {
    say(`${marks[test.state]} ${test.title} (${Math.round(test.durationMs)}ms)`);
    if (test.error !== undefined) say(test.error.replaceAll(/^/gm, "    "));
  }
  const count = (state: HostTest["state"]) => tests.filter((it) => it.state === state).length;
  const failed = count("failed");
  // VS Code itself failed: it did not start, or ended before the suite did.
  const died = error !== undefined && failed === 0 ? 1 : 0;
  if (died > 0) say(`✖ ${error}`);
  return { passed: count("passed"), failed: failed + died, skipped: count("skipped") };
}
