import { join } from "node:path";
import { chromium, findChromium } from "../parts/chromium.ts";
import { ceph, openssl } from "../parts/packages.ts";
import type { Part } from "../parts/part.ts";
import { lowest, newest, vscode, type Version } from "../parts/vscode.ts";
import { root } from "../paths.ts";
import { run } from "./command.ts";
import { runHostSuite } from "./hostSuite.ts";
import { runNodeTests } from "./nodeTests.ts";
import type { Counts } from "./outcome.ts";
import { packageExtension, vsixPath } from "./packaging.ts";
import type { Transcript } from "./transcript.ts";

export interface Suite {
  readonly name: string;
  /** What it is asked for by; the first is its own, and asks for it on the lowest VS Code version too. */
  readonly names: readonly string[];
  /** On the lowest VS Code version. */
  readonly isLowest: boolean;
  /** What it cannot run without. */
  readonly needs: readonly Part[];
  /** What a share of its tests cannot run without. */
  readonly wants: readonly Part[];
  /** The extension must be packaged first. */
  readonly needsPackage: boolean;
  /** Whether all that it wants is there is told it. */
  readonly run: (transcript: Transcript, hasAll: boolean) => Promise<Counts>;
}

const concurrency = 2;
const simple = { isLowest: false, needs: [], wants: [], needsPackage: false } as const;

/** In the order in which they run. */
export const suites: readonly Suite[] = [
  step("check", check),
  step("package", packageExtension),
  nodeSuite("unit", ["test/unit/**/*.test.ts", "test/setup/**/*.test.ts"], { needs: [openssl] }),
  nodeSuite("contract", ["test/contract/**/*.test.ts"], { wants: [ceph] }),
  nodeSuite("faults", ["test/faults/**/*.test.ts", "test/rotation/**/*.test.ts"], { wants: [ceph] }),
  nodeSuite("webview", ["test/webview/**/*.test.ts"], { needs: [chromium], needsPackage: true }),
  hostSuite(newest),
  journeys(newest, "embedded"),
  journeys(newest, "rgw"),
  hostSuite(lowest),
  journeys(lowest, "embedded"),
];

function nodeSuite(name: string, files: readonly string[], needs: Partial<Suite>): Suite {
  return {
    ...simple,
    ...needs,
    name,
    names: [name],
    run: async (transcript, hasAll) => {
      const env = { CHROMIUM: await findChromium(), RGW_BACKENDS: hasAll ? undefined : "embedded" };
      return runNodeTests({ name, files, concurrency, env }, transcript);
    },
  };
}

/** In the extension host. */
function hostSuite(version: Version): Suite {
  const name = `host on VS Code ${version}`;
  const executable = join(root, "test", "workbench", "driver", "code.ts");
  return {
    ...simple,
    name,
    names: [`host-${version}`, "host", "workbench"],
    isLowest: version === lowest,
    needs: [chromium, openssl, vscode(version)],
    needsPackage: true,
    run: (transcript) => runHostSuite({ name, executable, env: { RGW_VSCODE: version } }, transcript),
  };
}

/** Through the window, with the packaged extension. On a real RGW only the main journey: there is where it matters. */
function journeys(version: Version, backend: "embedded" | "rgw"): Suite {
  const onCeph = backend === "rgw";
  const name = `journeys on VS Code ${version}${onCeph ? " and Ceph" : ""}`;
  const files = [`test/workbench/journeys/${onCeph ? "main" : "*"}.test.ts`];
  return {
    ...simple,
    name,
    names: [`journeys-${version}${onCeph ? "-ceph" : ""}`, "journeys", "workbench"],
    isLowest: version === lowest,
    needs: [chromium, vscode(version), ...(onCeph ? [ceph] : [])],
    needsPackage: true,
    run: async (transcript) => {
      const env = { RGW_VSCODE: version, RGW_BACKEND: backend, RGW_VSIX: await vsixPath() };
      return runNodeTests({ name, files, concurrency: 1, env }, transcript);
    },
  };
}

type Say = (line: string) => void;

/** Something that passes or fails as a whole. */
function step(name: string, work: (say: Say) => Promise<unknown>): Suite {
  return {
    ...simple,
    name,
    names: [name],
    run: async (transcript) => {
      await work((line) => transcript.say(line));
      return { passed: 1, failed: 0, skipped: 0 };
    },
  };
}

async function check(say: Say): Promise<void> {
  say((await run("npm", ["run", "check", "--silent"], { cwd: root })).trimEnd());
}
