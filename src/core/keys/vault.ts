import { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import { jsonOrNothing } from "../json.ts";
import { Secret } from "../secret.ts";

/** The part of VS Code's SecretStorage that is needed here: encrypted, per extension, shared by all windows. */
export interface SecretStore {
  get(key: string): PromiseLike<string | undefined>;
  store(key: string, value: string): PromiseLike<void>;
  delete(key: string): PromiseLike<void>;
}

/** A key as it is stored on this machine, for one user of one platform at one S3 endpoint. */
export interface StoredKey {
  readonly accessKeyId: string;
  /** The secret that was last accepted by S3, as far as there is one. */
  readonly secret?: Secret;
  /** When rotating from here gave that secret; absent when it came from elsewhere. */
  readonly rotatedAt?: Date;
  /** Secrets that rotations brought and S3 has not accepted yet, newest first. If one of them is good, `secret` is dead. */
  readonly held: readonly HeldSecret[];
  /** What the S3 endpoint last said of it. */
  readonly proof?: Proof;
}

export interface HeldSecret {
  readonly secret: Secret;
  readonly rotatedAt: Date;
}

export interface Proof {
  readonly at: Date;
  readonly accepted: boolean;
}

/** How a user's key stands on this machine. */
export type KeyState = "none" | "stored" | "accepted" | "rejected";

export function keyState(key: StoredKey | undefined): KeyState {
  if (!key) return "none";
  if (!key.proof) return "stored";
  return key.proof.accepted ? "accepted" : "rejected";
}

/** All secrets stored for a key, the most promising first: the newest that a rotation brought. */
export function candidates(key: StoredKey | undefined): readonly Secret[] {
  return [...(key?.held.map(({ secret }) => secret) ?? []), ...(key?.secret ? [key.secret] : [])];
}

/** SecretStorage took a secret and does not give it back, fails, or does not answer. */
export class NotStoredError extends Error {
  override readonly name = "NotStoredError";
  /**
   * `forgets`: it worked, and had lost what an earlier session had stored. `unseen`: another window has stored something that
   * this one does not see, and would destroy by writing.
   */
  readonly reason: "fails" | "forgets" | "unseen";

  constructor(cause?: unknown, reason: NotStoredError["reason"] = "fails") {
    super("SecretStorage does not give back what was stored in it.", { cause });
    this.reason = reason;
  }
}

const date = z.pipe(
  z.iso.datetime(),
  z.transform((text) => new Date(text)),
);
const secretText = z.pipe(
  z.string().check(z.minLength(1)),
  z.transform((text) => new Secret(text)),
);
const storedKey = z.object({
  accessKeyId: z.string(),
  secret: z.optional(secretText),
  rotatedAt: z.optional(date),
  held: z.optional(z.array(z.object({ secret: secretText, rotatedAt: date }))),
  proof: z.optional(z.object({ at: date, accepted: z.boolean() })),
});

/** Secrets that are kept without S3's word for them; more than one only if S3 could not be asked between rotations. */
const heldAtMost = 8;

/** For SecretStorage to do one thing: a keyring may have to ask the person to unlock it. Milliseconds. */
const patience = 60_000;

/**
 * The stored keys of one platform and one S3 endpoint: a secret is bound to the origins it was given for, so that a changed
 * setting never signs for another host with it. Writes are read back: what this class says is stored, is. SecretStorage
 * cannot change an entry in one step, so whoever changes a user's holds the user's lock.
 * Every method throws a {@link NotStoredError} where SecretStorage fails.
 */
export class Vault {
  readonly #store: SecretStore;
  readonly #prefix: string;
  readonly #patience: number;

  /** @param patienceMs how long SecretStorage may take for one thing */
  constructor(store: SecretStore, platformOrigin: string, s3Origin: string, patienceMs = patience) {
    this.#store = store;
    this.#prefix = `key ${platformOrigin} ${s3Origin} `;
    this.#patience = patienceMs;
  }

  /** The user whose key is kept under this entry of SecretStorage, if it is one of this vault's. */
  userOf(entry: string): string | undefined {
    return entry.startsWith(this.#prefix) ? entry.slice(this.#prefix.length) : undefined;
  }

  async get(userId: string): Promise<StoredKey | undefined> {
    const text = await this.#within(() => this.#store.get(this.#prefix + userId));
    const parsed = storedKey.safeParse(jsonOrNothing(text));
    return parsed.success ? { ...parsed.data, held: parsed.data.held ?? [] } : undefined;
  }

  async put(userId: string, key: StoredKey): Promise<void> {
    const held = key.held.map(({ secret, rotatedAt }) => ({ secret: secret.reveal(), rotatedAt }));
    const entry = { ...key, secret: key.secret?.reveal(), held };
    await this.#storeAndReadBack(this.#prefix + userId, JSON.stringify(entry));
  }

  async forget(userId: string): Promise<void> {
    await this.#within(() => this.#store.delete(this.#prefix + userId));
    if (await this.#within(() => this.#store.get(this.#prefix + userId))) throw new NotStoredError();
  }

  /** Keeps the secret that a rotation brought, beside those there are, until S3 has accepted it. */
  async hold(userId: string, accessKeyId: string, secret: Secret, rotatedAt: Date): Promise<void> {
    const key = await this.get(userId);
    const before = key?.held.filter((one) => !one.secret.equals(secret)) ?? [];
    await this.put(userId, {
      accessKeyId,
      ...(key?.secret && { secret: key.secret }),
      ...(key?.rotatedAt && { rotatedAt: key.rotatedAt }),
      held: [{ secret, rotatedAt }, ...before].slice(0, heldAtMost),
    });
  }

  /** S3 accepted this secret: it is the one, and any other is dead. */
  async accept(userId: string, accessKeyId: string, accepted: Secret, at: Date): Promise<void> {
    const key = await this.get(userId);
    const held = key?.held.find(({ secret }) => secret.equals(accepted));
    const rotatedAt = held?.rotatedAt ?? (key?.secret?.equals(accepted) ? key.rotatedAt : undefined);
    await this.put(userId, {
      accessKeyId,
      secret: accepted,
      ...(rotatedAt && { rotatedAt }),
      held: [],
      proof: { at, accepted: true },
    });
  }

  /** S3 rejected all stored secrets. They are kept, since only the person may throw them away. */
  async reject(userId: string, at: Date): Promise<void> {
    const key = await this.get(userId);
    if (key) await this.put(userId, { ...key, proof: { at, accepted: false } });
  }

  /** Proves that SecretStorage works, before something is done for a user that needs it. */
  async check(userId: string): Promise<void> {
    const canary = `canary ${this.#prefix}${userId}`;
    await this.#storeAndReadBack(canary, randomUUID());
    await this.#within(() => this.#store.delete(canary));
  }

  async #storeAndReadBack(entry: string, text: string): Promise<void> {
    await this.#within(() => this.#store.store(entry, text));
    if ((await this.#within(() => this.#store.get(entry))) !== text) throw new NotStoredError();
  }

  async #within<T>(work: () => PromiseLike<T>): Promise<T> {
    return await patiently(work, this.#patience);
  }
}

/**
 * One operation of SecretStorage, which is not waited for forever.
 * @throws NotStoredError when it fails, or takes longer than a person may need to unlock a keyring
 */
export async function patiently<T>(work: () => PromiseLike<T>, patienceMs = patience): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NotStoredError()), patienceMs);
  });
  try {
    return await Promise.race([work(), silence]);
  } catch (error) {
    throw error instanceof NotStoredError ? error : new NotStoredError(error);
  } finally {
    clearTimeout(timer);
  }
}
