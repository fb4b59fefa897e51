import assert from "node:assert/strict";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, suite } from "node:test";
import { newest, type Version } from "../../setup/parts/vscode.ts";
import { sandboxSettings } from "../../setup/run/sandboxLine.ts";
import { vsixPath } from "../../setup/run/packaging.ts";
import type { FaultOptions, Faults } from "../../sandbox/faults.ts";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import type { RgwUser } from "../../sandbox/users.ts";
import { shown } from "../driver/wait.ts";
import { openWindow, type Window } from "../driver/window.ts";
import type { Workbench } from "../driver/workbench.ts";

/** A sandbox, and a window of VS Code with the packaged extension whose settings point to it. */
export interface Stage {
  readonly sandbox: Sandbox;
  readonly window: Window;
  readonly workbench: Workbench;
  /** Into a folder of this stage; of its window if no other is given. */
  screenshot(name: string, of?: Workbench): Promise<void>;
  close(): Promise<void>;
}

/** A suite whose steps go on from one another, on a stage of their own: after one that failed the others are not tried. */
export function journey(title: string, name: string, steps: (stage: () => Stage) => void): void {
  suite(title, () => {
    let stage: Stage | undefined;
    let failed: string | undefined;
    const present = () => stage ?? assert.fail("the stage is not open");
    before(async () => (stage = await openStage(name)));
    after(() => stage?.close());
    beforeEach(() => assert.equal(failed, undefined, "not tried, because of an earlier step"));
    afterEach(async (context) => {
      if (!("passed" in context) || context.passed || failed !== undefined) return;
      failed = context.name;
      await stage?.screenshot(`failed ${failed.slice(0, 60)}`);
    });
    steps(present);
  });
}

/** RGW_VSCODE names the version, RGW_BACKEND what is behind the sandbox, RGW_VSIX the package. */
async function openStage(name: string): Promise<Stage> {
  const version = (process.env["RGW_VSCODE"] ?? newest) as Version;
  const backend = process.env["RGW_BACKEND"] === "rgw" ? "rgw" : "embedded";
  const folder = join("journeys", [version, ...(backend === "rgw" ? ["ceph"] : []), name].join("-"));
  const sandbox = await startSandbox({ backend });
  try {
    const vsix = process.env["RGW_VSIX"] ?? (await vsixPath());
    const window = await openWindow({ version, vsix, settings: sandboxSettings(sandbox), name: folder });
    const { workbench } = window;
    return {
      sandbox,
      window,
      workbench,
      screenshot: async (step, of = workbench) => void (await of.screenshot(join(folder, step))),
      close: async () => {
        await window.close();
        await sandbox.close();
      },
    };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

export function userNamed({ sandbox }: Pick<Stage, "sandbox">, name: string): RgwUser {
  const user = sandbox.users.find((it) => it.name === name);
  if (user === undefined) throw new Error(`The sandbox has no user ${name}.`);
  return user;
}

/** Through the command and its inputs, as a person does. */
export async function signIn({ workbench, sandbox }: Stage, token = sandbox.tokens.member): Promise<void> {
  await workbench.command("RGW: Sign In…");
  await workbench.pick(/^Sign In/, /API token/);
  await workbench.answer(/^Sign In/, token);
}

export async function pickProject({ workbench }: Stage, name: string): Promise<void> {
  // Before the sign-in is stored there is nothing to select from.
  await shown(workbench.sidebar.getByRole("button", { name: "Select Project" }));
  await workbench.command("RGW: Select Project…");
  await workbench.pick("Select Project", name);
}

/** Stores the secret key that a user has, as a person does who knows it. */
export async function enterKey({ workbench, sandbox }: Stage, name: string): Promise<void> {
  await workbench.contextMenu(workbench.treeItem(new RegExp(`^${name},`)), /^Enter Secret Key/);
  await workbench.answer(/^Enter Secret Key/, userNamed({ sandbox }, name).secretKey);
  await shown(workbench.treeItem(new RegExp(`^${name}, .*accepted by S3`)));
}

/** Requests that are held back on their way, before the server begins. */
export interface Gate {
  /** How many have come to it. */
  arrived(): number;
  /** Lets them through, and all that follow. */
  open(): void;
}

/** Holds back the requests that match. */
export function gate(faults: Faults, match: Omit<Extract<FaultOptions, { kind: "before" }>, "kind" | "run">): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  const fault = faults.add({ ...match, kind: "before", run: () => promise });
  return { arrived: () => fault.hits, open: resolve };
}
