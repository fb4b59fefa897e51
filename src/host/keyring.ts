import { setTimeout as delay } from "node:timers/promises";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import * as vscode from "vscode";
import { DiskError, Folder } from "../core/files.ts";
import { Endurance } from "../core/keys/endurance.ts";
import { type KeyState, NotStoredError, type StoredKey, Vault, candidates, keyState } from "../core/keys/vault.ts";
import { Locks } from "../core/lock.ts";
import type { Fetch } from "../core/network.ts";
import type { PlatformClient } from "../core/platform/client.ts";
import { Fingerprints } from "../core/rotation/fingerprint.ts";
import { Journal, type Receipt, type RotationRecord, fileNameOf } from "../core/rotation/journal.ts";
import { Batches } from "../core/rotation/batches.ts";
import { type KeyPorts, type RotationPorts, alone } from "../core/rotation/ports.ts";
import { enterSecret, forgetUser, keepSecret, noteRejection, verifyUser } from "../core/rotation/custody.ts";
import { type Recovery, recoverRotation } from "../core/rotation/recover.ts";
import type { Credential } from "../core/rotation/rotate.ts";
import type { S3 } from "../core/s3/client.ts";
import { judgeKey } from "../core/s3/judge.ts";
import type { Verdict } from "../core/s3/errors.ts";
import type { Secret } from "../core/secret.ts";
import { BusyError, NoStoredKeyError } from "./explain.ts";
import type { Secrets } from "./secrets.ts";
import { readEndpoints } from "./settings.ts";

/** A rotation that is not done; `isRunning`: somebody on this computer is at it. */
export interface OpenRotation extends RotationRecord {
  readonly isRunning: boolean;
}

/** A connection to S3, and the secret that its requests are signed with. */
export interface SignedS3 {
  readonly s3: S3;
  readonly secret: Secret;
}

/** The keys stored on this computer, for the services that the settings name, and what they open. */
export class Keyring implements vscode.Disposable {
  readonly #secrets: Secrets;
  readonly #fetch: Fetch;
  readonly #note: (error: unknown) => void;
  readonly #locks: Locks;
  readonly #fingerprints: Fingerprints;
  readonly #endurance: Endurance;
  readonly #folder: (name: string) => Folder;
  readonly #changed = new vscode.EventEmitter<string>();
  readonly #rotationsChanged = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable;
  /** The stored key of this user changed, in this window or another. */
  readonly onDidChange = this.#changed.event;
  /** A rotation began, moved or ended, in this window or another. */
  readonly onDidChangeRotations = this.#rotationsChanged.event;

  /** @param storage a folder on disk that all windows share */
  constructor(secrets: Secrets, storage: vscode.Uri, fetch: Fetch, note: (error: unknown) => void) {
    this.#secrets = secrets;
    this.#fetch = fetch;
    this.#note = note;
    this.#folder = (name) => new Folder(join(storage.fsPath, name));
    this.#locks = new Locks(join(storage.fsPath, "locks"), vscode.workspace.name ?? "");
    this.#fingerprints = new Fingerprints(secrets);
    this.#endurance = new Endurance(secrets, this.#folder("canary"), vscode.env.sessionId);
    const rotations = vscode.Uri.joinPath(storage, "rotations");
    makeFolder(rotations.fsPath, note);
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(rotations, "*.json"));
    const fire = (): void => this.#rotationsChanged.fire();
    this.#subscriptions = vscode.Disposable.from(
      this.#changed,
      this.#rotationsChanged,
      watcher,
      watcher.onDidCreate(fire),
      watcher.onDidChange(fire),
      watcher.onDidDelete(fire),
      secrets.onDidChange(({ key }) => {
        const userId = this.#userOf(key);
        if (userId !== undefined) this.#changed.fire(userId);
      }),
    );
  }

  /** @throws SettingError */
  vault(): Vault {
    return this.#ports().vault;
  }

  /** @throws SettingError */
  batches(): Batches {
    const { apiUrl, s3Endpoint } = readEndpoints();
    return new Batches(this.#folder("batches"), apiUrl.origin, s3Endpoint.origin);
  }

  /** @throws NotStoredError */
  async fingerprint(secret: Secret): Promise<string> {
    return await this.#fingerprints.of(secret);
  }

  get locks(): Locks {
    return this.#locks;
  }

  /** What rotations need, as the settings are now. */
  rotationPorts(client: PlatformClient): RotationPorts {
    const ports = this.#ports();
    return {
      ...ports,
      checkStorage: async (userId) => {
        await ports.vault.check(userId);
        await this.#endurance.check();
      },
      readUser: (userId, signal) => client.user(userId, signal),
      renewKey: (userId) => client.renewKey(userId),
    };
  }

  /** Looks for the canary of earlier sessions, and leaves one for later ones. Says nothing: a rotation will. */
  async leaveCanary(): Promise<void> {
    try {
      await this.#endurance.check();
    } catch (error) {
      this.#note(error);
    }
  }

  /** Those of these users that have a key stored: asked in one go where VS Code can list, because lists may be long. */
  async states(userIds: readonly string[]): Promise<ReadonlyMap<string, StoredKey>> {
    const vault = this.vault();
    const listed = await this.#secrets.keys?.();
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

  /** By user id. A journal that cannot be read is noted: the users can be shown all the same. */
  async openRotations(): Promise<ReadonlyMap<string, OpenRotation>> {
    try {
      const { journal, isLocked } = this.#ports();
      const open = (await journal.allOpen()).map(async (record): Promise<[string, OpenRotation]> => {
        return [record.userId, { ...record, isRunning: await isLocked(record.userId) }];
      });
      return new Map(await Promise.all(open));
    } catch (error) {
      this.#note(error);
      return new Map();
    }
  }

  async receipt(userId: string): Promise<Receipt | undefined> {
    return await this.#ports().journal.receipt(userId);
  }

  async recover(userId: string): Promise<Recovery> {
    return await recoverRotation(userId, this.#ports());
  }

  /** Whatever there is to find out about an open rotation is not wanted any more. */
  async dismissRotation(userId: string): Promise<void> {
    await this.#alone(userId, (ports) => ports.journal.drop(userId));
  }

  /** Keeps a secret that a rotation brought, whatever S3 says of it. */
  async keep(userId: string, credential: Credential): Promise<Recovery> {
    return await this.#alone(userId, (ports) => keepSecret(userId, credential, ports));
  }

  /** One signed request, sent once, that says what the S3 endpoint thinks of a secret. */
  async judge(accessKeyId: string, secret: Secret, signal?: AbortSignal): Promise<Verdict> {
    return await this.#ports().judge(accessKeyId, secret, signal);
  }

  /**
   * Asks S3 about the stored key and notes what it says.
   * @throws NoStoredKeyError, BusyError, S3Error when the endpoint says nothing about the secret
   */
  async verify(userId: string): Promise<KeyState> {
    return await this.#alone(userId, async (ports) => {
      const settled = await verifyUser(userId, ports);
      if (settled.state === "none") throw new NoStoredKeyError();
      if (settled.state === "undecided") throw settled.error;
      return keyState(await ports.vault.get(userId));
    });
  }

  /**
   * Stores a secret that S3 accepted.
   * @throws BusyError, NotStoredError
   */
  async enter(userId: string, credential: Credential): Promise<void> {
    await this.#alone(userId, (ports) => enterSecret(userId, credential, ports));
  }

  /** @throws BusyError, NotStoredError */
  async forget(userId: string): Promise<void> {
    await this.#alone(userId, (ports) => forgetUser(userId, ports));
  }

  /**
   * Notes that S3 rejected this secret, if it is the stored one still, and nobody is at work on it: every view shows it.
   * @throws NotStoredError where this window does not see what another one has stored
   */
  async noteRejected(userId: string, secret: Secret): Promise<void> {
    const ports = this.#ports();
    try {
      await alone(userId, ports, () => noteRejection(userId, secret, ports));
    } catch (error) {
      if (error instanceof NotStoredError && error.reason === "unseen") throw error;
      this.#note(error);
    }
  }

  /**
   * The S3 endpoint, signed with the user's stored key. A key that S3 has not accepted yet is verified first.
   * @throws NoStoredKeyError, S3Error
   */
  async open(userId: string): Promise<SignedS3> {
    const { s3Endpoint: endpoint, region } = readEndpoints();
    const ports = this.#ports();
    let key = await ports.vault.get(userId);
    if (key && key.held.length > 0) {
      // Where a rotation is under way it proves the secret itself.
      await alone(userId, ports, () => verifyUser(userId, ports));
      key = await ports.vault.get(userId);
    }
    const [secret] = candidates(key);
    if (!key || !secret) throw new NoStoredKeyError();
    const { accessKeyId } = key;
    const { S3 } = await import("../core/s3/client.ts");
    return { s3: new S3({ endpoint, region, accessKeyId, secret }, this.#fetch), secret };
  }

  /** What requests are to be signed with now. */
  async storedSecret(userId: string): Promise<Secret | undefined> {
    return candidates(await this.vault().get(userId))[0];
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  #userOf(entry: string): string | undefined {
    try {
      return this.vault().userOf(entry);
    } catch {
      // The settings name no services, so the entry is not theirs; the view says what is wrong with them.
      return undefined;
    }
  }

  /** @throws BusyError */
  async #alone<T>(userId: string, work: (ports: KeyPorts) => Promise<T>): Promise<T> {
    const ports = this.#ports();
    const attempt = await ports.lock(userId);
    if (!attempt.held) throw new BusyError(attempt.holder);
    try {
      return await work(ports);
    } finally {
      await attempt.release();
    }
  }

  /** For the services that the settings name now: what begins with them ends with them. */
  #ports(): KeyPorts & { readonly isLocked: (userId: string) => Promise<boolean> } {
    const { apiUrl, s3Endpoint: endpoint, region } = readEndpoints();
    const stores = { open: this.#folder("rotations"), receipts: this.#folder("receipts") };
    const lockName = (userId: string): string => fileNameOf(apiUrl.origin, endpoint.origin, userId);
    return {
      vault: new Vault(this.#secrets, apiUrl.origin, endpoint.origin),
      journal: new Journal(stores, apiUrl.origin, endpoint.origin),
      lock: async (userId) => {
        const attempt = await this.#locks.take(lockName(userId));
        if (!attempt.held) return attempt;
        const release = async (): Promise<void> => {
          await attempt.release();
          this.#rotationsChanged.fire();
        };
        return { held: true, release };
      },
      isLocked: (userId) => this.#locks.isHeld(lockName(userId)),
      fingerprint: (secret) => this.#fingerprints.of(secret),
      judge: (accessKeyId, secret, signal) => judgeKey({ endpoint, region, accessKeyId, secret }, this.#fetch, signal),
      now: () => new Date(),
      wait: async (milliseconds) => {
        await delay(milliseconds);
      },
      note: this.#note,
    };
  }
}

/** VS Code does not notice when a folder that it is to watch comes to be. */
function makeFolder(path: string, note: (error: unknown) => void): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    note(new DiskError(path, error));
  }
}
