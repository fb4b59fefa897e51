import { randomUUID } from "node:crypto";
import { PlatformError } from "../platform/errors.ts";
import type { Batch, BatchUser, Batches } from "./batches.ts";
import { type Recovery, recoverRotation } from "./recover.ts";
import { type RotationOptions, type Rotation, rotateKey } from "./rotate.ts";
import type { RotationPorts } from "./ports.ts";

/** What became of one user of a batch. */
export type Result =
  | { readonly kind: "rotation"; readonly rotation: Rotation }
  /** An earlier process had begun it. */
  | { readonly kind: "recovery"; readonly recovery: Recovery }
  | { readonly kind: "failure"; readonly error: unknown };

export interface ManyPorts {
  readonly rotation: RotationPorts;
  readonly batches: Pick<Batches, "put">;
  /** The result in words, for the batch on disk and for its report. */
  readonly tell: (user: BatchUser, result: Result) => Promise<{ isRotated: boolean; text: string }>;
  /** A user's turn begins. */
  readonly turn: (user: BatchUser, index: number) => void;
  /** The platform wants a pause before this user. */
  readonly pause: (user: BatchUser, seconds: number) => void;
  /** Stop: before the next user. */
  readonly signal: AbortSignal;
}

/** Times that a user is asked for again when the platform wants a pause. */
const pausesAtMost = 6;

/**
 * Rotates the keys of a batch that have no result yet, one after the other. It stops before the next one when the signal
 * says so, or when something went wrong that would go wrong for the others, too: nobody's secret dies for nothing.
 * The caller holds the batch's lock.
 * @returns the batch with its results; without one: not tried
 */
export async function rotateMany(batch: Batch, ports: ManyPorts): Promise<Batch> {
  let current = batch;
  for (const index of batch.users.keys()) {
    const user = current.users[index];
    if (!user || user.result) continue;
    if (ports.signal.aborted) break;
    ports.turn(user, index);
    let result = await begunBefore(user, ports.rotation);
    if (!result) {
      const begun = { ...user, attempt: randomUUID() };
      result = await beginOne(begun, withUser(current, begun), ports);
      if (!result) break;
      current = withUser(current, begun);
    }
    current = withUser(current, { ...user, result: await ports.tell(user, result) });
    await ports.batches.put(current).catch((error: unknown) => ports.rotation.note(error));
    if (!isOnlyAboutOne(result)) break;
  }
  return current;
}

/** What cannot be written down is not begun: a crash would leave nobody who knows of it. */
async function beginOne(user: BatchUser, batch: Batch, ports: ManyPorts): Promise<Result | undefined> {
  try {
    await ports.batches.put(batch);
  } catch (error) {
    return { kind: "failure", error };
  }
  return await rotateOne(user, ports);
}

/** @returns nothing when it was stopped before the request was sent */
async function rotateOne(user: BatchUser, ports: ManyPorts): Promise<Result | undefined> {
  const options: RotationOptions = {
    confirmed: new Set(user.confirmed),
    signal: ports.signal,
    ...(user.attempt !== undefined && { attempt: user.attempt }),
  };
  for (let pauses = 0; ; pauses++) {
    try {
      return { kind: "rotation", rotation: await rotateKey(user.id, ports.rotation, options) };
    } catch (error) {
      if (ports.signal.aborted && error === ports.signal.reason) return undefined;
      const wantsPause = error instanceof PlatformError && error.kind === "rateLimited" && pauses < pausesAtMost;
      if (!wantsPause) return { kind: "failure", error };
      // The platform has done nothing; it says after how many seconds it will.
      const seconds = error.retryAfter ?? 2 ** pauses;
      ports.pause(user, seconds);
      await untilAborted(ports.rotation.wait(seconds * 1_000), ports.signal);
    }
  }
}

/** What became of a rotation that a process began which has ended since; nothing if it changed nothing. */
async function begunBefore({ id, attempt }: BatchUser, ports: RotationPorts): Promise<Result | undefined> {
  if (attempt === undefined) return undefined;
  try {
    const receipt = await ports.journal.receipt(id);
    if (receipt?.attempt === attempt) {
      return { kind: "recovery", recovery: { outcome: receipt.outcome, receipt } };
    }
    if ((await ports.journal.open(id))?.attempt !== attempt) return undefined;
    const recovery = await recoverRotation(id, ports);
    if (recovery.outcome === "busy") return { kind: "rotation", rotation: recovery };
    return recovery.outcome === "notRotated" || recovery.outcome === "nothing"
      ? undefined
      : { kind: "recovery", recovery };
  } catch (error) {
    return { kind: "failure", error };
  }
}

/** Whether the others can be expected to fare better. */
function isOnlyAboutOne(result: Result): boolean {
  switch (result.kind) {
    case "failure":
      return (
        result.error instanceof PlatformError &&
        ["forbidden", "notFound", "conflict", "invalid"].includes(result.error.kind)
      );
    case "recovery":
      return result.recovery.outcome !== "open" || result.recovery.record.finding === "lost";
    case "rotation":
      return isRotationOnlyAbout(result.rotation);
  }
}

function isRotationOnlyAbout(rotation: Rotation): boolean {
  switch (rotation.outcome) {
    case "rotated":
    case "superseded":
    case "unchanged":
    case "locked":
    case "busy":
      return true;
    case "changed":
      return rotation.inspection.concerns.every(({ kind }) => kind === "elsewhere");
    case "unproven":
    case "notStored":
    case "lost":
      return false;
  }
}

function withUser(batch: Batch, user: BatchUser): Batch {
  return { ...batch, users: batch.users.map((one) => (one.id === user.id ? user : one)) };
}

async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await Promise.race([work, aborted]);
}
