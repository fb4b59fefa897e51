import type { RenewedKey } from "../../../../src/core/platform/schema.ts";
import { Vault } from "../../../../src/core/keys/vault.ts";
import { Fingerprints } from "../../../../src/core/rotation/fingerprint.ts";
import { Journal } from "../../../../src/core/rotation/journal.ts";
import type { RotationPorts } from "../../../../src/core/rotation/ports.ts";
import { type Rotation, type RotationOptions, rotateKey } from "../../../../src/core/rotation/rotate.ts";
import { S3Error, type S3ErrorKind, type Verdict } from "../../../../src/core/s3/errors.ts";
import { Secret } from "../../../../src/core/secret.ts";
import { MemoryLocks, MemorySecrets, MemoryTexts } from "../../../support/memory.ts";

export const oldSecret = "secret-old-0123456789";
export const newSecret = "secret-new-9876543210";

/** A small world: a platform with one user `u1`, an S3 endpoint that knows its live secret, and a computer. */
export class World {
  live = oldSecret;
  locked = false;
  /** What S3 answers instead of a verdict. */
  s3Trouble: S3ErrorKind | undefined;
  waited: number[] = [];
  readonly noted: unknown[] = [];
  readonly secrets = new MemorySecrets();
  readonly open = new MemoryTexts();
  readonly receipts = new MemoryTexts();
  readonly locks = new MemoryLocks();
  readonly vault = new Vault(this.secrets, "https://platform.test", "https://s3.test", 200);
  readonly journal = new Journal(this, "https://platform.test", "https://s3.test");

  async remember(secret: string): Promise<void> {
    await this.vault.accept("u1", "AKIA1", new Secret(secret), new Date(0));
  }

  readonly judge = async (_: string, secret: Secret): Promise<Verdict> => {
    if (this.s3Trouble) {
      return { verdict: "undecided", error: new S3Error("ListBuckets", this.s3Trouble, { code: this.s3Trouble }) };
    }
    if (secret.reveal() === this.live) return { verdict: "accepted" };
    return { verdict: "rejected", error: new S3Error("ListBuckets", "rejected", { code: "SignatureDoesNotMatch" }) };
  };

  readonly renewKey = async (): Promise<RenewedKey> => {
    if (this.locked) return { locked: true, accessKeyId: "AKIA1", secret: new Secret(this.live) };
    this.live = newSecret;
    return { locked: false, accessKeyId: "AKIA1", secret: new Secret(this.live), requestId: "request-1" };
  };

  ports(changes: Partial<RotationPorts> = {}): RotationPorts {
    const fingerprints = new Fingerprints(this.secrets);
    return {
      vault: this.vault,
      journal: this.journal,
      lock: (userId) => this.locks.take(userId),
      fingerprint: (secret) => fingerprints.of(secret),
      judge: this.judge,
      now: () => new Date(1),
      wait: async (milliseconds) => void this.waited.push(milliseconds),
      note: (error) => void this.noted.push(error),
      checkStorage: (userId) => this.vault.check(userId),
      readUser: async () => ({ id: "u1", name: "app", projectId: "p1", accessKeyId: "AKIA1", locked: this.locked }),
      renewKey: this.renewKey,
      ...changes,
    };
  }

  async rotate(changes: Partial<RotationPorts> = {}, options: Partial<RotationOptions> = {}): Promise<Rotation> {
    return await rotateKey("u1", this.ports(changes), { confirmed: new Set(), sent: () => {}, ...options });
  }

  /** All that is on disk; nothing of it may be secret. */
  get files(): string {
    return [...this.open.texts.values(), ...this.receipts.texts.values()].join("\n");
  }
}
