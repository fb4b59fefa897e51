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
  /** A secret that a rotation brought and S3 has not accepted yet. If it is good, `secret` is dead. */
  readonly held?: Secret;
  /** When it was rotated from here. */
  readonly rotatedAt?: Date;
  /** What the S3 endpoint last said of it. */
  readonly proof?: Proof;
}

export interface Proof {
  readonly at: Date;
  readonly accepted: boolean;
}

/** How a user's key stands on this machine. */
export type KeyState = "none" | "stored" | "accepted" | "rejected";

export function keyState(key: StoredKey | undefined): KeyState {
  if (!key) return "none";
  if (key.held || !key.proof) return "stored";
  return key.proof.accepted ? "accepted" : "rejected";
}

/** SecretStorage took a secret and does not give it back. */
export class NotStoredError extends Error {
  override readonly name = "NotStoredError";

  constructor(cause?: unknown) {
    super("SecretStorage does not give back what was stored in it.", { cause });
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
  held: z.optional(secretText),
  rotatedAt: z.optional(date),
  proof: z.optional(z.object({ at: date, accepted: z.boolean() })),
});

/**
 * The stored keys of one platform and one S3 endpoint: a secret is bound to the origins it was given for, so that a changed
 * setting never signs for another host with it. Writes are read back: what this class says is stored, is.
 */
export class Vault {
  readonly #store: SecretStore;
  readonly #prefix: string;

  constructor(store: SecretStore, platformOrigin: string, s3Origin: string) {
    this.#store = store;
    this.#prefix = `key ${platformOrigin} ${s3Origin} `;
  }

  /** The user whose key is kept under this entry of SecretStorage, if it is one of this vault's. */
  userOf(entry: string): string | undefined {
    return entry.startsWith(this.#prefix) ? entry.slice(this.#prefix.length) : undefined;
  }

  async get(userId: string): Promise<StoredKey | undefined> {
    const parsed = storedKey.safeParse(jsonOrNothing(await this.#store.get(this.#prefix + userId)));
    return parsed.success ? parsed.data : undefined;
  }

  /** @throws NotStoredError when it cannot be stored, or is not there afterwards */
  async put(userId: string, key: StoredKey): Promise<void> {
    const entry = { ...key, secret: key.secret?.reveal(), held: key.held?.reveal() };
    await this.#storeAndReadBack(this.#prefix + userId, JSON.stringify(entry));
  }

  async forget(userId: string): Promise<void> {
    await this.#store.delete(this.#prefix + userId);
  }

  /**
   * Keeps the secret that a rotation brought, beside the old one, until S3 has accepted it.
   * @throws NotStoredError
   */
  async hold(userId: string, accessKeyId: string, held: Secret, at: Date): Promise<void> {
    const { secret } = (await this.get(userId)) ?? {};
    await this.put(userId, { accessKeyId, held, rotatedAt: at, ...(secret && { secret }) });
  }

  /** S3 accepted this secret: it is the one, and any other is dead. */
  async accept(userId: string, accessKeyId: string, accepted: Secret, at: Date): Promise<void> {
    const { rotatedAt } = (await this.get(userId)) ?? {};
    await this.put(userId, {
      accessKeyId,
      secret: accepted,
      ...(rotatedAt && { rotatedAt }),
      proof: { at, accepted: true },
    });
  }

  /** S3 rejected the stored secret. It is kept, since only the person may throw it away. */
  async reject(userId: string, at: Date): Promise<void> {
    const key = await this.get(userId);
    if (key) await this.put(userId, { ...key, proof: { at, accepted: false } });
  }

  /**
   * Proves that SecretStorage works, before something is done that needs it.
   * @throws NotStoredError
   */
  async check(): Promise<void> {
    const canary = `canary ${this.#prefix}`;
    await this.#storeAndReadBack(canary, "it sings");
    await this.#store.delete(canary);
  }

  async #storeAndReadBack(entry: string, text: string): Promise<void> {
    let back: string | undefined;
    try {
      await this.#store.store(entry, text);
      back = await this.#store.get(entry);
    } catch (error) {
      throw new NotStoredError(error);
    }
    if (back !== text) throw new NotStoredError();
  }
}
