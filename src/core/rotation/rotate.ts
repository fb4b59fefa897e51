import { randomUUID } from "node:crypto";
import { PlatformError } from "../platform/errors.ts";
import type { RenewedKey, RgwUser } from "../platform/schema.ts";
import { S3Error, type Verdict } from "../s3/errors.ts";
import type { Secret } from "../secret.ts";
import { judgeAll } from "../keys/settle.ts";
import { type Concern, type Inspection, type OldSecrets, inspect } from "./inspect.ts";
import type { OldKeyFate, Receipt, RotationRecord } from "./journal.ts";
import { untilAccepted, untilCertain, untilRejected } from "../s3/patience.ts";
import { type Busy, type RotationPorts, alone } from "./ports.ts";

export interface Credential {
  readonly accessKeyId: string;
  readonly secret: Secret;
}

export type Rotation =
  | Busy
  /** Nothing was done: there is a concern that the person has not been asked about. */
  | { readonly outcome: "changed"; readonly inspection: Inspection }
  /**
   * Nothing was rotated, because the user is locked; `before`: seen before the call, `meanwhile`: in its answer. `unsure`: by
   * the platform's word alone, and its answer has a secret, which may be a new one. It is stored if the person says so.
   */
  | {
      readonly outcome: "locked";
      readonly seen: "before" | "meanwhile";
      readonly user: RgwUser;
      readonly unsure?: Credential;
    }
  /** The platform answered the secret that was known already. */
  | { readonly outcome: "unchanged" }
  /** S3 accepts the new secret; what it says of the old one is in the receipt. */
  | { readonly outcome: "rotated"; readonly credential: Credential; readonly receipt: Receipt }
  /** The new secret is stored, but S3 has not accepted it (yet); the old one is kept beside it. */
  | { readonly outcome: "unproven"; readonly credential: Credential; readonly error: S3Error }
  /** The new secret is stored, and S3 accepts neither it nor the old one. */
  | { readonly outcome: "superseded"; readonly receipt: Receipt }
  /** The new secret exists only here: SecretStorage did not take it. */
  | { readonly outcome: "notStored"; readonly credential: Credential; readonly cause: unknown }
  /** The request was sent, and no new secret came: no usable answer, or one whose secret is masked. */
  | { readonly outcome: "lost"; readonly reason: PlatformError | "masked"; readonly old: OldSecret };

/** What became of the secret from before, by which a lost answer is told. */
export type OldSecret =
  /** It still works: the call did nothing, a further one is safe. */
  | { readonly state: "accepted"; readonly isSuspended?: true }
  /** It worked before and does not any more: the call took effect, and the new secret is lost. */
  | { readonly state: "rejected" }
  /** S3 did not say. */
  | { readonly state: "undecided"; readonly error: S3Error }
  /** There is none, or none of which it is known that it worked before: nothing can be proved. */
  | { readonly state: "none" };

export interface RotationOptions {
  /** What the person has been asked about and wants in spite of. */
  readonly confirmed: ReadonlySet<Concern["kind"]>;
  /** A UUID that names this rotation in the journal; made up where none is given. */
  readonly attempt?: string;
  /** Heeded until the request is sent. */
  readonly signal?: AbortSignal;
  /** Called just before the request is sent, when there is no way back. */
  readonly sent?: () => void;
}

/**
 * Gives a user a new secret. The old one is dead as soon as the platform acts, and the new one is shown only once: so all
 * that can fail is tried before the call, the intent is in the journal before it is sent, and the first thing done with the
 * answer is to store its secret. After that nothing may fail any more: what the journal cannot take is noted.
 *
 * @throws what the ports throw before the call; a {@link PlatformError} of a call that did not take effect; DiskError when
 * the journal cannot be written before the call. In all these cases nothing was changed.
 */
export async function rotateKey(userId: string, ports: RotationPorts, options: RotationOptions): Promise<Rotation> {
  return await alone(userId, ports, async () => {
    const inspection = await inspect(userId, ports, options.signal);
    if (inspection.user.locked) return { outcome: "locked", seen: "before", user: inspection.user };
    if (inspection.concerns.some(({ kind }) => !options.confirmed.has(kind))) return { outcome: "changed", inspection };
    return await new Attempt(inspection, options.attempt ?? randomUUID(), ports).run(options);
  });
}

/** One rotation under way, from the journal's first entry on. */
class Attempt {
  readonly #user: RgwUser;
  readonly #old: OldSecrets;
  /** SecretStorage may have a secret that could not be read. */
  readonly #isUnread: boolean;
  readonly #ports: RotationPorts;
  #record: RotationRecord;

  constructor({ user, old, accessKeyId, concerns }: Inspection, attempt: string, ports: RotationPorts) {
    this.#user = user;
    this.#isUnread = concerns.some(({ kind }) => kind === "storage");
    this.#old = old;
    this.#ports = ports;
    this.#record = {
      attempt,
      userId: user.id,
      userName: user.name,
      accessKeyId,
      platformOrigin: ports.journal.platformOrigin,
      s3Origin: ports.journal.s3Origin,
      startedAt: ports.now(),
      phase: "requested",
      oldKeys: [],
      isOldProved: false,
    };
  }

  async run({ signal, sent }: RotationOptions): Promise<Rotation> {
    const { journal } = this.#ports;
    const earlier = await journal.open(this.#user.id);
    const oldKeys = await Promise.all(this.#old.secrets.map((secret) => this.#fingerprint(secret)));
    this.#record = {
      ...this.#record,
      oldKeys: oldKeys.filter((key) => key !== undefined),
      isOldProved: this.#old.isAccepted,
    };
    await journal.put(this.#record);
    /** Nothing was changed: what was open before is what is open now. */
    const undo = async (): Promise<void> =>
      await this.#try(() => (earlier ? journal.put(earlier) : journal.drop(this.#user.id)));

    if (signal?.aborted) {
      await undo();
      throw signal.reason;
    }
    sent?.();
    let renewed: RenewedKey;
    try {
      renewed = await this.#ports.renewKey(this.#user.id);
    } catch (error) {
      return await this.#withoutAnswer(error, undo);
    }
    const { secret } = renewed;
    const isKnown = secret !== undefined && this.#old.secrets.some((old) => old.equals(secret));
    if (renewed.locked && (await this.#isNoOp(secret, isKnown)))
      return await this.#locked(isKnown ? undefined : secret, undo);
    if (!secret) return await this.#lost("masked");
    if (isKnown) {
      await undo();
      return { outcome: "unchanged" };
    }
    return await this.#secure(secret, renewed);
  }

  async #locked(unknown: Secret | undefined, undo: () => Promise<void>): Promise<Rotation> {
    const user = { ...this.#user, locked: true };
    const locked = { outcome: "locked", seen: "meanwhile", user } as const;
    if (this.#old.isAccepted || !unknown) {
      await undo();
      return locked;
    }
    // What is stored could not be read, or not be asked about: that is done later. Otherwise the platform's word is all.
    if (this.#old.secrets.length > 0 || this.#isUnread) await this.#put({ finding: "undecided" });
    else await undo();
    return { ...locked, unsure: { accessKeyId: this.#record.accessKeyId, secret: unknown } };
  }

  /**
   * Whether a locked user's answer means what it says. It may have been locked after the rotation, and before its answer was
   * made: then the answer has a secret that is not the one from before, which S3 does not accept any more.
   */
  async #isNoOp(secret: Secret | undefined, isKnown: boolean): Promise<boolean> {
    if (!this.#old.isAccepted || isKnown) return true;
    const { verdict } = await this.#judgeOld();
    return verdict === "accepted" || (verdict === "undecided" && !secret);
  }

  async #withoutAnswer(error: unknown, undo: () => Promise<void>): Promise<Rotation> {
    if (error instanceof PlatformError && error.mayHaveActed) return await this.#lost(error);
    // A refusal is believed, unless S3 says otherwise: what stands between here and the platform can refuse an answer, too.
    const wasSent = error instanceof PlatformError && error.kind !== "unreachable";
    if (wasSent && !(await this.#isUntouched())) return await this.#lost(error);
    await undo();
    throw error;
  }

  /** Whether nothing speaks against the old secret being the live one still. */
  async #isUntouched(): Promise<boolean> {
    return !this.#old.isAccepted || (await this.#judgeOld()).verdict !== "rejected";
  }

  async #lost(reason: PlatformError | "masked"): Promise<Rotation> {
    const requestId = reason === "masked" ? undefined : reason.requestId;
    const old = await this.#fateOfOld();
    if (old.state === "accepted") {
      await this.#try(() => this.#ports.journal.drop(this.#user.id));
    } else {
      const findings = { rejected: "lost", undecided: "undecided", none: "unprovable" } as const;
      await this.#put({ requestId, finding: findings[old.state] });
    }
    if (old.state === "rejected") await this.#try(() => this.#ports.vault.reject(this.#user.id, this.#ports.now()));
    return { outcome: "lost", reason, old };
  }

  async #fateOfOld(): Promise<OldSecret> {
    if (this.#old.secrets.length === 0) return { state: "none" };
    const verdict = await untilCertain(() => this.#judgeOld(), this.#ports.wait);
    switch (verdict.verdict) {
      case "accepted":
        return { state: "accepted", ...(verdict.isSuspended && { isSuspended: true }) };
      case "rejected":
        return { state: this.#old.isAccepted ? "rejected" : "none" };
      case "undecided":
        return { state: "undecided", error: verdict.error };
    }
  }

  /** A new secret has come. */
  async #secure(secret: Secret, renewed: RenewedKey): Promise<Rotation> {
    // An answer that lacks the access key id, or has another, must not cost the secret.
    const ids = [this.#record.accessKeyId, this.#user.accessKeyId, renewed.accessKeyId ?? ""].filter(Boolean);
    let credential: Credential = { accessKeyId: ids[0] ?? "", secret };
    const answeredAt = performance.now();
    // Nothing is waited for before the secret is on its way into SecretStorage.
    const holding = this.#ports.vault.hold(this.#user.id, credential.accessKeyId, secret, this.#ports.now());
    const [held] = await Promise.allSettled([holding, this.#noteReceived(credential, renewed.requestId)]);
    if (held.status === "rejected") return await this.#notStored(credential, held.reason);
    await this.#put({ phase: "held" });

    const proof = await this.#prove(secret, ids);
    if (proof.verdict.verdict !== "accepted") return await this.#unproven(credential, proof.verdict);
    const acceptedAfter = performance.now() - answeredAt;
    credential = { accessKeyId: proof.accessKeyId, secret };
    this.#record = { ...this.#record, accessKeyId: proof.accessKeyId };
    try {
      await this.#ports.vault.accept(this.#user.id, credential.accessKeyId, secret, this.#ports.now());
    } catch (cause) {
      return await this.#notStored(credential, cause);
    }
    await this.#put({ phase: "proved" });

    const oldKeyFate = await this.#proveOldDead();
    const rejectedAfter = oldKeyFate === "rejected" ? performance.now() - answeredAt : undefined;
    const receipt = await this.#close({ outcome: "rotated", oldKeyFate, acceptedAfter, rejectedAfter });
    return { outcome: "rotated", credential, receipt };
  }

  async #notStored(credential: Credential, cause: unknown): Promise<Rotation> {
    await this.#put({ finding: "notStored" });
    return { outcome: "notStored", credential, cause };
  }

  /** With the next id only where S3 does not know one: the id never changes, so that at most one of them is right. */
  async #prove(secret: Secret, ids: readonly string[]): Promise<{ verdict: Verdict; accessKeyId: string }> {
    const [accessKeyId = "", ...others] = [...new Set(ids)];
    const verdict = await untilAccepted(() => this.#judge(secret, accessKeyId), this.#ports.wait);
    const isUnknown = verdict.verdict === "undecided" && verdict.error.kind === "unknownKey";
    return isUnknown && others.length > 0 ? await this.#prove(secret, others) : { verdict, accessKeyId };
  }

  async #unproven(credential: Credential, verdict: Exclude<Verdict, { verdict: "accepted" }>): Promise<Rotation> {
    if (verdict.verdict === "rejected" && this.#old.isAccepted) {
      const old = await untilCertain(() => this.#judgeOld(), this.#ports.wait);
      if (old.verdict === "rejected") {
        await this.#try(() => this.#ports.vault.reject(this.#user.id, this.#ports.now()));
        const receipt = await this.#close({ outcome: "superseded", oldKeyFate: "rejected" });
        return { outcome: "superseded", receipt };
      }
    }
    await this.#put({ finding: "unproven" });
    return { outcome: "unproven", credential, error: verdict.error };
  }

  async #proveOldDead(): Promise<OldKeyFate> {
    if (this.#old.secrets.length === 0) return "none";
    const { verdict } = await untilRejected(() => this.#judgeOld(), this.#ports.wait);
    return verdict === "undecided" ? "unknown" : verdict;
  }

  async #judge(secret: Secret, accessKeyId = this.#record.accessKeyId): Promise<Verdict> {
    try {
      return await this.#ports.judge(accessKeyId, secret);
    } catch (error) {
      this.#ports.note(error);
      return { verdict: "undecided", error: new S3Error("ListBuckets", "failed", { code: "not asked" }) };
    }
  }

  async #judgeOld(): Promise<Verdict> {
    return await judgeAll(this.#old.secrets, (secret) => this.#judge(secret));
  }

  async #noteReceived({ accessKeyId, secret }: Credential, requestId: string | undefined): Promise<void> {
    // Without an id in the user, the answer's is the only one there is.
    this.#record = { ...this.#record, accessKeyId };
    await this.#put({ phase: "received", requestId, newKey: await this.#fingerprint(secret) });
  }

  async #close(end: Pick<Receipt, "outcome" | "oldKeyFate" | "acceptedAfter" | "rejectedAfter">): Promise<Receipt> {
    const { phase: _, finding: __, ...record } = this.#record;
    const receipt: Receipt = { ...record, finishedAt: this.#ports.now(), ...end };
    await this.#try(() => this.#ports.journal.close(receipt));
    return receipt;
  }

  async #put(change: Partial<Pick<RotationRecord, "phase" | "newKey" | "requestId" | "finding">>): Promise<void> {
    this.#record = { ...this.#record, ...change };
    await this.#try(() => this.#ports.journal.put(this.#record));
  }

  /** Nothing where SecretStorage has no key to make one with: then S3 alone can tell secrets apart. */
  async #fingerprint(secret: Secret): Promise<string | undefined> {
    return await this.#try(() => this.#ports.fingerprint(secret));
  }

  /** What fails once there is no way back is noted, and the rotation goes on. */
  async #try<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#ports.note(error);
      return undefined;
    }
  }
}
