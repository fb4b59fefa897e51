import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Folder, type TextStore } from "../../src/core/files.ts";
import { Endurance } from "../../src/core/keys/endurance.ts";
import { SharedSecrets } from "../../src/core/keys/sharedSecrets.ts";
import { type SecretStore, Vault } from "../../src/core/keys/vault.ts";
import { Locks } from "../../src/core/lock.ts";
import { PlatformClient } from "../../src/core/platform/client.ts";
import { Fingerprints } from "../../src/core/rotation/fingerprint.ts";
import { Journal, fileNameOf } from "../../src/core/rotation/journal.ts";
import type { RotationPorts } from "../../src/core/rotation/ports.ts";
import { judgeKey } from "../../src/core/s3/judge.ts";
import { Secret } from "../../src/core/secret.ts";
import { loopbackNetwork } from "../support/network.ts";

/** The services that a computer works with. */
export interface Services {
  readonly platformUrl: string;
  readonly s3Endpoint: string;
  readonly region: string;
  readonly token: string;
}

/**
 * How long a pause of the platform or S3 may be, and SecretStorage may take. Milliseconds: short, so that silence is soon
 * heard, and long enough for a busy machine. For an answer to begin undici waits a second at least.
 */
const requestLimit = 400;
const storageLimit = 400;
/** The pauses of a rotation are this many times shorter here. */
const haste = 25;

/** Stands in for VS Code's SecretStorage, and like it survives whatever ends the process: a file, not encrypted. */
export class FileSecrets implements SecretStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  get entries(): Readonly<Record<string, string>> {
    try {
      return JSON.parse(readFileSync(this.#path, "utf8")) as Record<string, string>;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
      throw error;
    }
  }

  async get(key: string): Promise<string | undefined> {
    return this.entries[key];
  }

  async store(key: string, value: string): Promise<void> {
    this.#save({ ...this.entries, [key]: value });
  }

  async delete(key: string): Promise<void> {
    const { [key]: _, ...others } = this.entries;
    this.#save(others);
  }

  /** As a storage that was in memory only looks after a restart. */
  clear(): void {
    this.#save({});
  }

  #save(entries: Readonly<Record<string, string>>): void {
    writeFileSync(this.#path, JSON.stringify(entries), { mode: 0o600 });
  }
}

/** What of a computer can be made to fail; a phase of the workflow begins with each operation. */
export interface Parts {
  readonly secrets: SecretStore;
  readonly open: TextStore;
  readonly receipts: TextStore;
  /** Which window stored something last. */
  readonly marks: TextStore;
  /** Milliseconds that the computer's clock is off. */
  readonly clockOffset: () => number;
}

/**
 * A computer with the extension's own parts on it, as host/keyring.ts puts them together: everything that lasts is below one
 * directory, so that another one with the same directory is this one after a restart.
 */
export class Computer {
  readonly secrets: FileSecrets;
  readonly network = loopbackNetwork(requestLimit);
  /** What would be in the log. */
  readonly noted: unknown[] = [];
  readonly #dir: string;
  readonly #services: Services;
  readonly #session = String(Math.random());

  constructor(dir: string, services: Services) {
    this.#dir = dir;
    this.#services = services;
    this.secrets = new FileSecrets(join(dir, "secrets.json"));
  }

  /** Where the extension keeps what is not secret. */
  get folder(): string {
    return join(this.#dir, "storage");
  }

  /** @param disturb puts something between the workflow and the parts */
  ports(disturb: (parts: Parts) => Parts = (parts) => parts): RotationPorts {
    const { platformUrl, s3Endpoint, region, token } = this.#services;
    const [platform, endpoint] = [new URL(platformUrl), new URL(s3Endpoint)];
    const parts = disturb({
      secrets: this.secrets,
      open: new Folder(join(this.folder, "rotations")),
      receipts: new Folder(join(this.folder, "receipts")),
      marks: new Folder(join(this.folder, "secrets")),
      clockOffset: () => 0,
    });
    const locks = new Locks(join(this.folder, "locks"), "fault suite");
    const patience = { writing: storageLimit, seeing: storageLimit };
    const secrets = new SharedSecrets(parts.secrets, parts.marks, locks, patience);
    const client = new PlatformClient(platform, this.network.fetch, new Secret(token));
    const vault = new Vault(secrets, platform.origin, endpoint.origin, storageLimit);
    const fingerprints = new Fingerprints(secrets, storageLimit);
    const endurance = new Endurance(secrets, new Folder(join(this.folder, "canary")), this.#session, storageLimit);
    return {
      vault,
      journal: new Journal(parts, platform.origin, endpoint.origin),
      lock: (userId) => locks.take(fileNameOf(platform.origin, endpoint.origin, userId)),
      fingerprint: (secret) => fingerprints.of(secret),
      judge: (accessKeyId, secret, signal) =>
        judgeKey({ endpoint, region, accessKeyId, secret }, this.network.fetch, signal),
      now: () => new Date(Date.now() + parts.clockOffset()),
      wait: async (milliseconds) => {
        await delay(milliseconds / haste);
      },
      note: (error) => void this.noted.push(error),
      checkStorage: async (userId) => {
        await vault.check(userId);
        await endurance.check();
      },
      readUser: (userId, signal) => client.user(userId, signal),
      renewKey: (userId) => client.renewKey(userId),
    };
  }
}
