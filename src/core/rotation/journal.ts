import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { TextStore } from "../files.ts";
import { jsonOrNothing } from "../json.ts";

/**
 * How far a rotation has come. `requested` is on disk before the request is sent, so that whatever comes to an end in
 * between is found by the next start; `received`: the answer is here; `held`: its secret is stored and was read back;
 * `proved`: S3 accepts it.
 */
export type Phase = "requested" | "received" | "held" | "proved";

/** What is known of a rotation that is not done and that nobody is carrying out any more. */
export type Finding =
  /** S3 rejects the secret from before, and there is none from after. Only one more rotation gives a working key. */
  | "lost"
  /** SecretStorage did not take the new secret, or has lost it. */
  | "notStored"
  /** The new secret is stored, and S3 has not said that it accepts it. */
  | "unproven"
  /** S3 did not say whether the secret from before still works. */
  | "undecided"
  /** There is no secret from before to ask S3 about, so that nothing can be found out. */
  | "unprovable";

/** One rotation of one user's key, as it is on disk: nothing in it is secret. */
export interface RotationRecord {
  /** A UUID: which of several rotations it was. */
  readonly attempt: string;
  readonly userId: string;
  readonly userName: string;
  readonly accessKeyId: string;
  readonly platformOrigin: string;
  readonly s3Origin: string;
  readonly startedAt: Date;
  readonly phase: Phase;
  /**
   * Keyed fingerprints, see {@link Fingerprints}, of the stored secrets that S3 did not reject before: one, unless S3 could
   * not be asked.
   */
  readonly oldKeys: readonly string[];
  /** S3 accepted one of them before: if it does not any more, the rotation took effect. */
  readonly isOldProved: boolean;
  /** The fingerprint of the secret that the rotation brought. */
  readonly newKey?: string | undefined;
  /** The platform's, of the answer to the rotation. */
  readonly requestId?: string | undefined;
  readonly finding?: Finding | undefined;
}

/** What S3 said of the old secret after a rotation: `rejected` as it should, or what was seen instead. */
export type OldKeyFate = "rejected" | "accepted" | "unknown" | "none";

/** A rotation that is done, for whoever has to account for it. Nothing in it is secret. */
export interface Receipt extends Omit<RotationRecord, "finding" | "phase"> {
  /** `superseded`: S3 accepts neither the new secret nor the old one, since the key was rotated again elsewhere. */
  readonly outcome: "rotated" | "superseded";
  readonly finishedAt: Date;
  readonly oldKeyFate: OldKeyFate;
  /** Milliseconds from the platform's answer until S3 accepted the new secret, and until it was seen to reject the old. */
  readonly acceptedAfter?: number | undefined;
  readonly rejectedAfter?: number | undefined;
}

const date = z.pipe(
  z.iso.datetime(),
  z.transform((text) => new Date(text)),
);
const text = z.optional(z.string());
const number = z.optional(z.number());

const common = {
  attempt: z.string(),
  userId: z.string(),
  userName: z.string(),
  accessKeyId: z.string(),
  platformOrigin: z.string(),
  s3Origin: z.string(),
  startedAt: date,
  oldKeys: z.array(z.string()),
  isOldProved: z.boolean(),
  newKey: text,
  requestId: text,
};
const recordJson = z.object({
  ...common,
  phase: z.enum(["requested", "received", "held", "proved"]),
  finding: z.optional(z.enum(["lost", "notStored", "unproven", "undecided", "unprovable"])),
});
const receiptJson = z.object({
  ...common,
  outcome: z.enum(["rotated", "superseded"]),
  finishedAt: date,
  oldKeyFate: z.enum(["rejected", "accepted", "unknown", "none"]),
  acceptedAfter: number,
  rejectedAfter: number,
});

interface JournalStores {
  /** Rotations that are not done: nearly always empty. */
  readonly open: TextStore;
  /** The last one that is done, for each user. */
  readonly receipts: TextStore;
}

/**
 * The rotations of one platform and one S3 endpoint, one open at a time for each user. Writers hold the user's lock. Every
 * method throws what the stores throw.
 */
export class Journal {
  readonly #stores: JournalStores;
  readonly platformOrigin: string;
  readonly s3Origin: string;

  constructor(stores: JournalStores, platformOrigin: string, s3Origin: string) {
    this.#stores = stores;
    this.platformOrigin = platformOrigin;
    this.s3Origin = s3Origin;
  }

  async open(userId: string): Promise<RotationRecord | undefined> {
    return this.#own(recordJson, await this.#stores.open.read(this.#file(userId)));
  }

  async allOpen(): Promise<readonly RotationRecord[]> {
    const texts = await Promise.all((await this.#stores.open.names()).map((name) => this.#stores.open.read(name)));
    return texts.map((one) => this.#own(recordJson, one)).filter((record) => record !== undefined);
  }

  async put(record: RotationRecord): Promise<void> {
    await this.#stores.open.write(this.#file(record.userId), JSON.stringify(record));
  }

  /** The rotation is done. */
  async close(receipt: Receipt): Promise<void> {
    const file = this.#file(receipt.userId);
    await this.#stores.receipts.write(file, JSON.stringify(receipt));
    await this.#stores.open.remove(file);
  }

  /** There is nothing left to find out about the open rotation: it changed nothing, or is overtaken. */
  async drop(userId: string): Promise<void> {
    await this.#stores.open.remove(this.#file(userId));
  }

  async receipt(userId: string): Promise<Receipt | undefined> {
    return this.#own(receiptJson, await this.#stores.receipts.read(this.#file(userId)));
  }

  #own<T extends { readonly platformOrigin: string; readonly s3Origin: string }>(
    schema: z.ZodMiniType<T>,
    json: string | undefined,
  ): T | undefined {
    const parsed = schema.safeParse(jsonOrNothing(json));
    if (!parsed.success) return undefined;
    const { data } = parsed;
    return data.platformOrigin === this.platformOrigin && data.s3Origin === this.s3Origin ? data : undefined;
  }

  #file(userId: string): string {
    return `${fileNameOf(this.platformOrigin, this.s3Origin, userId)}.json`;
  }
}

/** User ids and origins may have any character and any length; file names may not. */
export function fileNameOf(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
