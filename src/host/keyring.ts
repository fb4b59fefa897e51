import * as vscode from "vscode";
import { settleKey } from "../core/keys/settle.ts";
import { type KeyState, type StoredKey, Vault, keyState } from "../core/keys/vault.ts";
import type { Fetch } from "../core/network.ts";
import type { S3 } from "../core/s3/client.ts";
import { S3Error, type Verdict, verdictOf } from "../core/s3/errors.ts";
import type { Secret } from "../core/secret.ts";
import { NoStoredKeyError } from "./explain.ts";
import { readEndpoints } from "./settings.ts";

/** SecretStorage lists its keys since VS Code 1.105. */
interface ListsKeys {
  keys?(): Thenable<string[]>;
}

/** The keys stored on this computer, for the services that the settings name, and what they open. */
export class Keyring implements vscode.Disposable {
  readonly #secrets: vscode.SecretStorage;
  readonly #fetch: Fetch;
  readonly #changed = new vscode.EventEmitter<string>();
  readonly #subscription: vscode.Disposable;
  /** The stored key of this user changed, in this window or another. */
  readonly onDidChange = this.#changed.event;

  constructor(secrets: vscode.SecretStorage, fetch: Fetch) {
    this.#secrets = secrets;
    this.#fetch = fetch;
    this.#subscription = secrets.onDidChange(({ key }) => {
      const userId = this.#userOf(key);
      if (userId !== undefined) this.#changed.fire(userId);
    });
  }

  /** @throws SettingError */
  vault(): Vault {
    const { apiUrl, s3Endpoint } = readEndpoints();
    return new Vault(this.#secrets, apiUrl.origin, s3Endpoint.origin);
  }

  /** Those of these users that have a key stored: asked in one go where VS Code can list, because lists may be long. */
  async states(userIds: readonly string[]): Promise<ReadonlyMap<string, StoredKey>> {
    const vault = this.vault();
    const listed = await (this.#secrets as ListsKeys).keys?.();
    const stored = listed && new Set(listed.map((entry) => vault.userOf(entry)));
    const keys = new Map<string, StoredKey>();
    await Promise.all(
      userIds
        .filter((id) => stored?.has(id) ?? true)
        .map(async (id) => {
          const key = await vault.get(id);
          if (key) keys.set(id, key);
        }),
    );
    return keys;
  }

  /** One signed request, sent once, that says what the S3 endpoint thinks of a secret. */
  async judge(accessKeyId: string, secret: Secret): Promise<Verdict> {
    const s3 = await this.#connect(accessKeyId, secret, 1);
    try {
      await s3.buckets();
      return verdictOf(undefined);
    } catch (error) {
      if (error instanceof S3Error) return verdictOf(error);
      throw error;
    } finally {
      s3.close();
    }
  }

  /**
   * Asks S3 about the stored key and notes what it says.
   * @throws NoStoredKeyError, S3Error when the endpoint says nothing about the secret
   */
  async verify(userId: string): Promise<KeyState> {
    const vault = this.vault();
    const key = await vault.get(userId);
    if (!key) throw new NoStoredKeyError();
    const verdict = await settleKey(key, {
      judge: (accessKeyId, secret) => this.judge(accessKeyId, secret),
      accept: (accessKeyId, secret) => vault.accept(userId, accessKeyId, secret, new Date()),
      reject: () => vault.reject(userId, new Date()),
    });
    if (verdict.verdict === "undecided") throw verdict.error;
    return keyState(await vault.get(userId));
  }

  /**
   * The S3 endpoint, signed with the user's stored key. A key that S3 has not accepted yet is verified first.
   * @throws NoStoredKeyError, S3Error
   */
  async open(userId: string): Promise<S3> {
    const vault = this.vault();
    let key = await vault.get(userId);
    if (key?.held) {
      await this.verify(userId);
      key = await vault.get(userId);
    }
    const secret = key?.secret ?? key?.held;
    if (!key || !secret) throw new NoStoredKeyError();
    return await this.#connect(key.accessKeyId, secret);
  }

  #userOf(entry: string): string | undefined {
    try {
      return this.vault().userOf(entry);
    } catch {
      // The settings name no services, so the entry is not theirs; the view says what is wrong with them.
      return undefined;
    }
  }

  /** Notes that S3 rejected the stored key, so that every view shows it. Once: each hears of it, and may ask S3 again. */
  async noteRejected(userId: string): Promise<void> {
    const vault = this.vault();
    const key = await vault.get(userId);
    if (key?.proof?.accepted !== false) await vault.reject(userId, new Date());
  }

  async #connect(accessKeyId: string, secret: Secret, maxAttempts?: number): Promise<S3> {
    const { s3Endpoint: endpoint, region } = readEndpoints();
    const { S3 } = await import("../core/s3/client.ts");
    return new S3({ endpoint, region, accessKeyId, secret }, this.#fetch, maxAttempts);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}
