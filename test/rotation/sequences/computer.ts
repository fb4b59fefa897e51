import type { TextStore } from "../../../src/core/files.ts";
import { Endurance } from "../../../src/core/keys/endurance.ts";
import { type KeyState, type SecretStore, type StoredKey, Vault, keyState } from "../../../src/core/keys/vault.ts";
import type { RenewedKey } from "../../../src/core/platform/schema.ts";
import { Fingerprints } from "../../../src/core/rotation/fingerprint.ts";
import { Journal, type RotationRecord } from "../../../src/core/rotation/journal.ts";
import type { RotationPorts } from "../../../src/core/rotation/ports.ts";
import { enterSecret, forgetUser, keepSecret, verifyUser } from "../../../src/core/rotation/custody.ts";
import { type Recovery, recoverRotation } from "../../../src/core/rotation/recover.ts";
import type { Credential } from "../../../src/core/rotation/rotate.ts";
import type { Verdict } from "../../../src/core/s3/errors.ts";
import type { Secret } from "../../../src/core/secret.ts";
import { BusyError, NoStoredKeyError } from "../../../src/host/explain.ts";
import { MemoryLocks } from "../../support/memory.ts";
import type { Platform } from "./platform.ts";
import type { Process } from "./process.ts";
import type { S3Double } from "./s3.ts";
import { type Disk, MoodySecrets, MoodyTexts } from "./stores.ts";

const s3Origin = "https://s3.test";
/** For SecretStorage to answer: what a process that has ended had asked is given up soon after. Milliseconds. */
const patience = 1_000;

/** Who watches what goes by between a window and its surroundings. */
export interface Witness {
  /** A secret is about to be put to S3. */
  judging(accessKeyId: string, secret: Secret): void;
  judged(accessKeyId: string, verdict: Verdict): void;
  /** The answer to a renewal has reached its process. */
  answered(userId: string, renewed: RenewedKey): void;
}

/** What outlives all windows: SecretStorage, the files, and the locks, which the system takes back. */
export class Computer {
  readonly secrets = new MoodySecrets();
  readonly disk: Disk = { trouble: undefined };
  readonly open = new MoodyTexts(this.disk);
  readonly receipts = new MoodyTexts(this.disk);
  readonly canary = new MoodyTexts(this.disk);
  readonly locks = new MemoryLocks();
  /** SecretStorage is in memory only, and loses all with the session. */
  isVolatile = false;
  /** What an earlier session had stored is gone; the first one of all leaves a canary, so that this can be seen. */
  hasForgotten = false;
  session = 1;
  readonly #platformOrigin: string;
  #time = Date.parse("2026-01-01T00:00:00Z");

  constructor(platformOrigin: string) {
    this.#platformOrigin = platformOrigin;
  }

  now(): Date {
    return new Date((this.#time += 1));
  }

  pass(milliseconds: number): void {
    this.#time += milliseconds;
  }

  newSession(): void {
    this.locks.releaseAll();
    this.session += 1;
    this.hasForgotten = this.isVolatile;
    if (this.isVolatile) this.secrets.entries.clear();
  }

  vault(secrets: SecretStore): Vault {
    return new Vault(secrets, this.#platformOrigin, s3Origin, patience);
  }

  journal(open: TextStore, receipts: TextStore): Journal {
    return new Journal({ open, receipts }, this.#platformOrigin, s3Origin);
  }

  /** What is stored, whatever mood SecretStorage is in. */
  async storedKey(userId: string): Promise<StoredKey | undefined> {
    const { entries } = this.secrets;
    const get = async (entry: string): Promise<string | undefined> => entries.get(entry);
    return await this.vault({ get, store: async () => {}, delete: async () => {} }).get(userId);
  }

  /** As it is in SecretStorage. */
  entry(userId: string): string | undefined {
    const vault = this.vault(this.secrets);
    for (const [entry, text] of this.secrets.entries) if (vault.userOf(entry) === userId) return text;
    return undefined;
  }

  async record(userId: string): Promise<RotationRecord | undefined> {
    return await this.journal(this.open, this.receipts).open(userId);
  }

  get files(): string {
    return [this.open, this.receipts, this.canary].flatMap(({ texts }) => [...texts.values()]).join("\n");
  }
}

/** What the extension does in one window, all of it by way of the window's process: as src/host/keyring.ts does it. */
export class Window {
  readonly ports: RotationPorts;
  readonly #endurance: Endurance;

  constructor(process: Process, computer: Computer, platform: Platform, s3: S3Double, witness: Witness) {
    const secrets = secretsThrough(process, computer.secrets);
    const fingerprints = new Fingerprints(secrets);
    const vault = computer.vault(secrets);
    const client = platform.client();
    this.#endurance = new Endurance(secrets, textsThrough(process, computer.canary), `session ${computer.session}`);
    this.ports = {
      vault,
      journal: computer.journal(textsThrough(process, computer.open), textsThrough(process, computer.receipts)),
      lock: async (userId) => {
        const attempt = await process.through(() => computer.locks.take(userId));
        return attempt.held ? { held: true, release: () => process.through(attempt.release) } : attempt;
      },
      fingerprint: (secret) => fingerprints.of(secret),
      judge: (accessKeyId, secret) =>
        process.through(async () => {
          witness.judging(accessKeyId, secret);
          const verdict = s3.judge(accessKeyId, secret);
          witness.judged(accessKeyId, verdict);
          return verdict;
        }),
      now: () => computer.now(),
      wait: (milliseconds) =>
        process.through(async () => {
          computer.pass(milliseconds);
          await platform.pass(milliseconds);
        }),
      note: () => {},
      checkStorage: async (userId) => {
        await vault.check(userId);
        await this.#endurance.check();
      },
      readUser: (userId, signal) => process.through(() => client.user(userId, signal)),
      renewKey: async (userId) => {
        const renewed = await process.through(() => client.renewKey(userId));
        witness.answered(userId, renewed);
        return renewed;
      },
    };
  }

  async leaveCanary(): Promise<void> {
    await this.#endurance.check().catch(() => undefined);
  }

  async recover(userId: string): Promise<Recovery> {
    return await recoverRotation(userId, this.ports);
  }

  async verify(userId: string): Promise<KeyState> {
    return await this.#alone(userId, async () => {
      const settled = await verifyUser(userId, this.ports);
      if (settled.state === "none") throw new NoStoredKeyError();
      if (settled.state === "undecided") throw settled.error;
      return keyState(await this.ports.vault.get(userId));
    });
  }

  async enter(userId: string, credential: Credential): Promise<Recovery> {
    return await this.#alone(userId, () => enterSecret(userId, credential, this.ports));
  }

  async holdAgain(userId: string, credential: Credential): Promise<Recovery> {
    return await this.#alone(userId, () => keepSecret(userId, credential, this.ports));
  }

  async forget(userId: string): Promise<void> {
    await this.#alone(userId, () => forgetUser(userId, this.ports));
  }

  async dismiss(userId: string): Promise<void> {
    await this.#alone(userId, () => this.ports.journal.drop(userId));
  }

  async #alone<T>(userId: string, work: () => Promise<T>): Promise<T> {
    const attempt = await this.ports.lock(userId);
    if (!attempt.held) throw new BusyError(attempt.holder);
    try {
      return await work();
    } finally {
      await attempt.release();
    }
  }
}

function secretsThrough(process: Process, store: SecretStore): SecretStore {
  return {
    get: (key) => process.through(() => store.get(key)),
    store: (key, value) => process.through(() => store.store(key, value)),
    delete: (key) => process.through(() => store.delete(key)),
  };
}

function textsThrough(process: Process, store: TextStore): TextStore {
  return {
    read: (name) => process.through(() => store.read(name)),
    write: (name, text) => process.through(() => store.write(name, text)),
    remove: (name) => process.through(() => store.remove(name)),
    names: () => process.through(() => store.names()),
  };
}
