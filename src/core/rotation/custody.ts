import { type Settled, settleKey } from "../keys/settle.ts";
import { candidates } from "../keys/vault.ts";
import type { Secret } from "../secret.ts";
import type { KeyPorts } from "./ports.ts";
import { type Recovery, recoverUnderLock } from "./recover.ts";
import type { Credential } from "./rotate.ts";

/*
 * What else changes a user's stored key. The caller holds the user's lock. Each may clear up a rotation that is open.
 * All throw what the ports throw.
 */

/** Asks S3 about the stored key, and notes the answer. */
export async function verifyUser(userId: string, ports: KeyPorts): Promise<Settled> {
  const settled = await settleKey(userId, ports);
  await recoverUnderLock(userId, ports);
  return settled;
}

/** Stores a secret that S3 accepted. */
export async function enterSecret(
  userId: string,
  { accessKeyId, secret }: Credential,
  ports: KeyPorts,
): Promise<Recovery> {
  await ports.vault.accept(userId, accessKeyId, secret, ports.now());
  return await recoverUnderLock(userId, ports);
}

/** Stores a secret that a rotation brought, of which S3 is asked afterwards: it is kept whatever S3 says. */
export async function keepSecret(
  userId: string,
  { accessKeyId, secret }: Credential,
  ports: KeyPorts,
): Promise<Recovery> {
  await ports.vault.hold(userId, accessKeyId, secret, ports.now());
  const recovery = await recoverUnderLock(userId, ports);
  if (recovery.outcome === "nothing") await settleKey(userId, ports);
  return recovery;
}

/** Nothing is left then that could clear up an open rotation. */
export async function forgetUser(userId: string, { vault, journal }: KeyPorts): Promise<void> {
  await vault.forget(userId);
  await journal.drop(userId);
}

/** Notes that S3 rejected this secret, if it is the stored one still. */
export async function noteRejection(userId: string, secret: Secret, { vault, now }: KeyPorts): Promise<void> {
  const key = await vault.get(userId);
  const [newest] = candidates(key);
  if (newest?.equals(secret) && key?.proof?.accepted !== false) await vault.reject(userId, now());
}
