import type { SettlePorts } from "../keys/settle.ts";
import type { Vault } from "../keys/vault.ts";
import type { LockAttempt } from "../lock.ts";
import type { RenewedKey, RgwUser } from "../platform/schema.ts";
import type { Secret } from "../secret.ts";
import type { Journal } from "./journal.ts";

/** What keeping a key needs of this machine and of S3, for one platform and one S3 endpoint. */
export interface KeyPorts extends SettlePorts {
  readonly vault: Vault;
  readonly journal: Journal;
  /** The user's lock among all processes of this computer; whoever changes the user's stored key or journal holds it. */
  readonly lock: (userId: string) => Promise<LockAttempt>;
  readonly fingerprint: (secret: Secret) => Promise<string>;
  /** For the log: something failed that must not stop what is under way. */
  readonly note: (error: unknown) => void;
}

/** What a rotation needs besides. */
export interface RotationPorts extends KeyPorts {
  /** Throws a NotStoredError when SecretStorage does not keep, or did not keep, what it is given. */
  readonly checkStorage: (userId: string) => Promise<void>;
  /** The user as it is now, not as a list once showed it. */
  readonly readUser: (userId: string, signal?: AbortSignal) => Promise<RgwUser>;
  /** Called at most once for each rotation, when the point of no return is reached. */
  readonly renewKey: (userId: string) => Promise<RenewedKey>;
}

/** A lock that somebody else has. */
export type Busy = { readonly outcome: "busy"; readonly holder: (LockAttempt & { held: false })["holder"] };

/** Does something that changes a user's stored key or journal, alone on this computer. */
export async function alone<T>(
  userId: string,
  ports: Pick<KeyPorts, "lock">,
  work: () => Promise<T>,
): Promise<T | Busy> {
  const attempt = await ports.lock(userId);
  if (!attempt.held) return { outcome: "busy", holder: attempt.holder };
  try {
    return await work();
  } finally {
    await attempt.release();
  }
}
