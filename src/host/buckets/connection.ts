import { S3Error } from "../../core/s3/errors.ts";
import type { S3 } from "../../core/s3/client.ts";
import type { Secret } from "../../core/secret.ts";
import type { PanelState } from "../../protocol/bucketBrowser.ts";
import { SignedOutError } from "../explain.ts";
import type { Keyring } from "../keyring.ts";
import { readEndpoints } from "../settings.ts";

/** One panel's way to the S3 endpoint: signed with the stored key as it is now, so that a rotation needs no reload. */
export class Connection {
  readonly #keyring: Keyring;
  readonly #state: PanelState;
  #s3: Promise<S3> | undefined;
  #signedWith: Secret | undefined;

  constructor(keyring: Keyring, state: PanelState) {
    this.#keyring = keyring;
    this.#state = state;
  }

  /** @throws NoStoredKeyError, S3Error, and SignedOutError when the panel is another platform's than the settings name */
  async use<T>(request: (s3: S3) => Promise<T>): Promise<T> {
    if (readEndpoints().apiUrl.origin !== this.#state.platformOrigin) throw new SignedOutError();
    const s3 = await (this.#s3 ??= this.#open());
    try {
      return await request(s3);
    } catch (error) {
      if (error instanceof S3Error && error.kind === "rejected") await this.#keyring.noteRejected(this.#state.userId);
      throw error;
    }
  }

  /**
   * Takes up a stored key that has changed.
   * @returns whether there is something new to load
   */
  async renew(): Promise<boolean> {
    const secret = await this.#storedSecret();
    const isSame = secret ? this.#signedWith?.equals(secret) : !this.#signedWith;
    if (!isSame) this.close();
    return !isSame;
  }

  close(): void {
    void this.#s3?.then(
      (s3) => s3.close(),
      () => undefined,
    );
    this.#s3 = undefined;
  }

  async #open(): Promise<S3> {
    try {
      return await this.#keyring.open(this.#state.userId);
    } catch (error) {
      // The next request tries again.
      this.#s3 = undefined;
      throw error;
    } finally {
      this.#signedWith = await this.#storedSecret();
    }
  }

  async #storedSecret(): Promise<Secret | undefined> {
    const key = await this.#keyring.vault().get(this.#state.userId);
    return key?.held ?? key?.secret;
  }
}
