import { S3Error } from "../../core/s3/errors.ts";
import type { S3 } from "../../core/s3/client.ts";
import type { Secret } from "../../core/secret.ts";
import type { PanelState } from "../../protocol/bucketBrowser.ts";
import { SignedOutError } from "../explain.ts";
import type { Keyring, SignedS3 } from "../keyring.ts";
import { readEndpoints } from "../settings.ts";

/** One panel's way to the S3 endpoint: signed with the stored key as it is now, so that a rotation needs no reload. */
export class Connection {
  readonly #keyring: Keyring;
  readonly #state: PanelState;
  #open: Promise<SignedS3> | undefined;

  constructor(keyring: Keyring, state: PanelState) {
    this.#keyring = keyring;
    this.#state = state;
  }

  /**
   * @param request is given the secret, too, that S3 is asked with
   * @throws NoStoredKeyError, S3Error, and SignedOutError when the panel is another platform's than the settings name
   */
  async use<T>(request: (s3: S3, secret: Secret) => Promise<T>): Promise<T> {
    if (readEndpoints().apiUrl.origin !== this.#state.platformOrigin) throw new SignedOutError();
    const signed = await this.#signed();
    try {
      return await request(signed.s3, signed.secret);
    } catch (error) {
      if (!(error instanceof S3Error && error.kind === "rejected")) throw error;
      // The key may have been rotated since, and this window not have heard of it yet.
      if (await this.renew()) {
        const renewed = await this.#signed();
        return await request(renewed.s3, renewed.secret);
      }
      await this.#keyring.noteRejected(this.#state.userId, signed.secret);
      throw error;
    }
  }

  /**
   * Takes up a stored key that has changed.
   * @returns whether there is something new to load
   */
  async renew(): Promise<boolean> {
    const secret = await this.#keyring.storedSecret(this.#state.userId);
    const signedWith = (await this.#open?.catch(() => undefined))?.secret;
    const isSame = secret ? signedWith?.equals(secret) === true : !signedWith;
    if (!isSame) this.close();
    return !isSame;
  }

  close(): void {
    void this.#open?.then(
      ({ s3 }) => s3.close(),
      () => undefined,
    );
    this.#open = undefined;
  }

  async #signed(): Promise<SignedS3> {
    const opening = (this.#open ??= this.#keyring.open(this.#state.userId));
    try {
      return await opening;
    } catch (error) {
      // The next request tries again.
      if (this.#open === opening) this.#open = undefined;
      throw error;
    }
  }
}
