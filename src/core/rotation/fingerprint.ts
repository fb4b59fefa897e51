import { createHmac, randomBytes } from "node:crypto";
import { NotStoredError, type SecretStore, patiently } from "../keys/vault.ts";
import type { Secret } from "../secret.ts";

const entry = "fingerprint key";

/**
 * Tells secrets apart in files that must not have one: HMAC-SHA256 under a key that is in SecretStorage, cut to 16
 * hexadecimal digits. Without that key not even a guess at a secret can be checked against it.
 */
export class Fingerprints {
  readonly #store: SecretStore;
  readonly #patience: number | undefined;
  #key: Promise<Buffer> | undefined;

  /** @param patienceMs how long SecretStorage may take for one thing */
  constructor(store: SecretStore, patienceMs?: number) {
    this.#store = store;
    this.#patience = patienceMs;
  }

  /** @throws NotStoredError */
  async of(secret: Secret): Promise<string> {
    this.#key ??= this.#loadKey();
    try {
      return createHmac("sha256", await this.#key)
        .update(secret.reveal())
        .digest("hex")
        .slice(0, 16);
    } catch (error) {
      this.#key = undefined;
      throw error;
    }
  }

  async #loadKey(): Promise<Buffer> {
    const get = (): PromiseLike<string | undefined> => this.#store.get(entry);
    const make = (): PromiseLike<void> => this.#store.store(entry, randomBytes(32).toString("base64"));
    if (!(await patiently(get, this.#patience))) await patiently(make, this.#patience);
    // Read back: another window may have made one at the same moment.
    const key = await patiently(get, this.#patience);
    if (!key) throw new NotStoredError();
    return Buffer.from(key, "base64");
  }
}
