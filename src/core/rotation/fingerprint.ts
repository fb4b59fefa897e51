import { createHmac, randomBytes } from "node:crypto";
import { NotStoredError, type SecretStore } from "../keys/vault.ts";
import type { Secret } from "../secret.ts";

const entry = "fingerprint key";

/**
 * Tells secrets apart in files that must not have one: HMAC-SHA256 under a key that is in SecretStorage, cut to 16
 * hexadecimal digits. Without that key not even a guess at a secret can be checked against it.
 */
export class Fingerprints {
  readonly #store: SecretStore;
  #key: Promise<Buffer> | undefined;

  constructor(store: SecretStore) {
    this.#store = store;
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
    try {
      if (!(await this.#store.get(entry))) await this.#store.store(entry, randomBytes(32).toString("base64"));
      // Read back: another window may have made one at the same moment.
      const key = await this.#store.get(entry);
      if (key) return Buffer.from(key, "base64");
    } catch (error) {
      throw new NotStoredError(error);
    }
    throw new NotStoredError();
  }
}
