import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { rotateKey } from "../../src/core/rotation/rotate.ts";
import type { RotationPorts } from "../../src/core/rotation/ports.ts";
import { Secret } from "../../src/core/secret.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { RgwUser } from "../sandbox/users.ts";
import { Computer, type Services } from "./computer.ts";
import type { Fault } from "./faults.ts";
import {
  type Aftermath,
  type Claim,
  type Ending,
  type Told,
  type Truth,
  checkForSecrets,
  checkWords,
  restart,
  told,
  truthOf,
} from "./oracle.ts";
import { type Phase, watched } from "./phases.ts";

export interface Trial {
  readonly fault: Fault;
  readonly phase: Phase;
  /** The fault ends with its phase; otherwise it stays until the extension starts anew. */
  readonly isPassing: boolean;
  /** The live secret is stored before. */
  readonly hasOld: boolean;
}

/** A person who wants the rotation whatever speaks against it: only then can everything go wrong. */
export const insisting = { confirmed: new Set(["storage", "s3", "elsewhere"] as const), sent: () => {} };

/** For an answer that the platform gives too late to have been given. */
const lateness = 600;

export function servicesOf({ platformUrl, s3Endpoint, region, tokens }: Sandbox): Services {
  return { platformUrl, s3Endpoint, region, token: tokens.admin };
}

/**
 * Rotates a user's key with a fault, tells what the extension told, and checks it against what the sandbox knows: right
 * after, and once more after a restart with everything well again.
 * @returns what was claimed
 */
export async function run(trial: Trial, sandbox: Sandbox, user: RgwUser, bystander: RgwUser): Promise<Claim> {
  const dir = await mkdtemp(join(tmpdir(), "rgw-keyring-fault-"));
  const computer = new Computer(dir, servicesOf(sandbox));
  const afterwards = new Computer(dir, servicesOf(sandbox));
  try {
    const before = await prepare(computer, sandbox, trial.hasOld, user, bystander);
    const attempt = new Attempt(trial, sandbox, user, computer);
    const ending = await attempt.rotate();
    const said = told(user.name, ending);
    if (trial.fault.name === "acts too late") await delay(lateness);
    checkWords(said);
    checkClaim(said.claim, ending, trial, before, await truthOf(user, sandbox, computer));

    await heal(sandbox, user);
    if (trial.fault.losesSecrets) afterwards.secrets.clear();
    const aftermath = await restart(user, afterwards);
    const after = await truthOf(user, sandbox, afterwards);
    checkAftermath({ trial, said, aftermath, before, after, received: attempt.received });
    await checkBystander(bystander, sandbox, afterwards, trial);
    assert.ok(attempt.requests <= 1, "the request was sent once at most");
    checkForSecrets(computer, [said.text, ...aftermath.texts], [before.live, after.live, ...after.stored]);
    checkForSecrets(afterwards, [], [before.live, after.live]);
    return said.claim;
  } finally {
    await heal(sandbox, user);
    await computer.network.close();
    await afterwards.network.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** One rotation that meets a fault in its phase. */
class Attempt {
  /** What the platform answered, as it came to the workflow. */
  received: string | undefined;
  requests = 0;
  readonly #trial: Trial;
  readonly #sandbox: Sandbox;
  readonly #user: RgwUser;
  readonly #ports: RotationPorts;
  #isOn = false;
  #wasOn = false;

  constructor(trial: Trial, sandbox: Sandbox, user: RgwUser, computer: Computer) {
    this.#trial = trial;
    this.#sandbox = sandbox;
    this.#user = user;
    this.#ports = watched(
      computer,
      (phase, when) => this.#enter(phase, when),
      () => (this.#isOn ? (trial.fault.disturbance ?? {}) : {}),
    );
  }

  async rotate(): Promise<Ending> {
    const renewKey: RotationPorts["renewKey"] = async (userId) => {
      this.requests++;
      const renewed = await this.#ports.renewKey(userId);
      if (!renewed.locked) this.received = renewed.secret?.reveal();
      return renewed;
    };
    try {
      return { rotation: await rotateKey(this.#user.id, { ...this.#ports, renewKey }, insisting) };
    } catch (error) {
      return { error };
    }
  }

  async #enter(phase: Phase, when: "before" | "after"): Promise<void> {
    const { fault, isPassing, phase: target } = this.#trial;
    if (phase === target && when === "before" && !this.#wasOn) {
      this.#isOn = true;
      this.#wasOn = true;
      await fault.begin?.(this.#sandbox, this.#user.id);
    }
    const isOver = phase !== target && when === "before" && this.#isOn && isPassing;
    if (!isOver) return;
    this.#isOn = false;
    await heal(this.#sandbox, this.#user);
  }
}

export async function prepare(
  computer: Computer,
  sandbox: Sandbox,
  hasOld: boolean,
  user: RgwUser,
  bystander: RgwUser,
): Promise<Truth> {
  const { vault } = computer.ports();
  const keep = async ({ id, accessKeyId }: RgwUser): Promise<void> =>
    await vault.accept(id, accessKeyId, new Secret(sandbox.user(id).secretKey), new Date());
  await keep(bystander);
  if (hasOld) await keep(user);
  return await truthOf(user, sandbox, computer);
}

export async function heal(sandbox: Sandbox, { id }: RgwUser): Promise<void> {
  sandbox.reset();
  if (sandbox.user(id).locked) await sandbox.setLocked(id, false);
  if (sandbox.user(id).suspended) await sandbox.setSuspended(id, false);
}

function checkClaim(claim: Claim, ending: Ending, { fault, hasOld }: Trial, before: Truth, now: Truth): void {
  const holds = now.stored.includes(now.live);
  // What S3 said a moment ago was true then; what is said falsely nobody here can know.
  if (fault.isElsewhere || fault.liar === "S3" || (fault.liar === "platform" && !hasOld)) return;
  switch (claim) {
    case "rotated":
      assert.ok(holds && now.live !== before.live, "it claims a rotation, and does not hold its secret");
      return;
    case "kept":
    case "refused":
      assert.ok(now.live === before.live, "it claims that nothing was changed, and the live secret is another one");
      assert.ok(String(now.stored) === String(before.stored), "it claims that nothing was changed, but what is stored");
      return;
    case "lost":
      assert.ok(!holds, "it claims to have lost a secret that it holds");
      return;
    case "handed":
      assert.ok(
        "rotation" in ending &&
          ending.rotation.outcome === "notStored" &&
          ending.rotation.credential.secret.reveal() === now.live,
        "the secret that is shown is not the live one",
      );
      return;
    case "unknown":
      return;
  }
}

interface Found {
  readonly trial: Trial;
  readonly said: Told;
  readonly aftermath: Aftermath;
  readonly before: Truth;
  readonly after: Truth;
  readonly received: string | undefined;
}

/** With everything well, the extension holds the live secret, or it says in plain words that it does not. */
function checkAftermath({ trial, said, aftermath, before, after, received }: Found): void {
  const { recovery, state } = aftermath;
  const holds = after.stored.includes(after.live);
  // Under an access key id that was a lie, S3 cannot accept what it is shown; it is stored, and not said to be proved.
  if (trial.fault.liar === "platform" && !trial.hasOld && said.claim === "unknown") return;
  assert.equal(state === "accepted", holds, `the key is shown as ${state}`);
  const isLostFromMemory = trial.fault.losesSecrets === true;
  if (before.stored.length > 0 && !isLostFromMemory) assert.notEqual(state, "none", "what was stored is gone");
  const hasArrived = received === after.live && said.claim !== "handed" && !isLostFromMemory;
  if (hasArrived) assert.ok(holds, "a secret that has arrived is lost");
  if (holds) {
    assert.ok(recovery.outcome !== "open", "the rotation is open although the live secret is here");
    return;
  }
  const says =
    ["lost", "handed", "unknown"].includes(said.claim) ||
    state === "rejected" ||
    recovery.outcome === "open" ||
    recovery.outcome === "superseded" ||
    (state === "none" && (before.stored.length === 0 || isLostFromMemory));
  assert.ok(says, "it does not hold the live secret, and does not say so");
}

async function checkBystander(
  bystander: RgwUser,
  sandbox: Sandbox,
  computer: Computer,
  { fault }: Trial,
): Promise<void> {
  const { live, stored } = await truthOf(bystander, sandbox, computer);
  assert.ok(live === bystander.secretKey, "another user's key was rotated");
  const isAsBefore = stored.length === 1 && stored[0] === live;
  assert.ok(fault.losesSecrets || isAsBefore, "another user's stored key was changed");
}
