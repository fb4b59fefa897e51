import { randomUUID } from "node:crypto";
import { judgeStored, noteSettled } from "../keys/settle.ts";
import { NotStoredError, type StoredKey, candidates } from "../keys/vault.ts";
import type { RgwUser } from "../platform/schema.ts";
import type { S3Error } from "../s3/errors.ts";
import { Secret } from "../secret.ts";
import type { RotationPorts } from "./ports.ts";

/** What speaks against rotating a key now; the person decides. */
export type Concern =
  /** SecretStorage would lose the new secret. */
  | { readonly kind: "storage"; readonly error: NotStoredError }
  /** S3 gives no verdict, so that the new secret could not be proved, nor a lost answer cleared up. */
  | { readonly kind: "s3"; readonly error: S3Error }
  /**
   * S3 rejects the secret stored here: somebody rotated the key elsewhere and has a secret that works; or, after a rotation
   * from here whose answer got lost, nobody has.
   */
  | { readonly kind: "elsewhere"; readonly isAfterLoss: boolean };

/** A user and its key, looked at before a rotation. */
export interface Inspection {
  readonly user: RgwUser;
  readonly concerns: readonly Concern[];
  readonly old: OldSecrets;
  /** Never changes, so that the one of the stored key is the one that S3 is known to take. */
  readonly accessKeyId: string;
}

/** The stored secret that S3 accepts; or all those that there are, where S3 could not be asked. */
export interface OldSecrets {
  readonly isAccepted: boolean;
  readonly secrets: readonly Secret[];
}

const noOld: OldSecrets = { isAccepted: false, secrets: [] };

/**
 * Tries all that a rotation is going to need, short of rotating: the token and the user's state at the platform,
 * SecretStorage, the S3 endpoint and the clock. The caller holds the user's lock.
 * @throws PlatformError, DiskError, and the signal's reason
 */
export async function inspect(userId: string, ports: RotationPorts, signal?: AbortSignal): Promise<Inspection> {
  const user = await ports.readUser(userId, signal);
  let { accessKeyId } = user;
  if (user.locked) return { user, concerns: [], old: noOld, accessKeyId };
  const concerns: Concern[] = [];
  let old = noOld;
  /** Whatever fails of it, the rest is looked at all the same: a concern must not hide another. */
  const tryStorage = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof NotStoredError)) throw error;
      if (!concerns.some(({ kind }) => kind === "storage")) concerns.push({ kind: "storage", error });
    }
  };
  await tryStorage(() => ports.checkStorage(userId));
  let key: StoredKey | undefined;
  await tryStorage(async () => {
    key = await ports.vault.get(userId);
  });
  accessKeyId = key?.accessKeyId || accessKeyId;
  const settled = await judgeStored(key, ports, signal);
  if (settled.state === "accepted") old = { isAccepted: true, secrets: [settled.secret] };
  if (settled.state === "undecided") {
    old = { isAccepted: false, secrets: candidates(key) };
    concerns.push({ kind: "s3", error: settled.error });
  }
  if (settled.state === "rejected") {
    concerns.push({ kind: "elsewhere", isAfterLoss: (await ports.journal.open(userId)) !== undefined });
  }
  if (settled.state === "none") concerns.push(...(await probe(accessKeyId, ports, signal)));
  await tryStorage(() => noteSettled(userId, key, settled, ports));
  signal?.throwIfAborted();
  return { user, concerns, old, accessKeyId };
}

/**
 * Without a stored secret a made-up one is put to S3: rejecting it, the endpoint shows that it is there, knows the access
 * key id, and agrees with this computer's clock, which RGW judges first.
 */
async function probe(accessKeyId: string, ports: RotationPorts, signal?: AbortSignal): Promise<readonly Concern[]> {
  if (accessKeyId === "") return [];
  const verdict = await ports.judge(accessKeyId, new Secret(randomUUID()), signal);
  return verdict.verdict === "undecided" ? [{ kind: "s3", error: verdict.error }] : [];
}
