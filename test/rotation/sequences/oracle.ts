import assert from "node:assert/strict";
import { type KeyState, type StoredKey, candidates, keyState } from "../../../src/core/keys/vault.ts";
import type { RenewedKey } from "../../../src/core/platform/schema.ts";
import type { Finding, RotationRecord } from "../../../src/core/rotation/journal.ts";
import type { Recovery } from "../../../src/core/rotation/recover.ts";
import type { Rotation } from "../../../src/core/rotation/rotate.ts";
import type { S3Error, Verdict } from "../../../src/core/s3/errors.ts";
import type { Secret } from "../../../src/core/secret.ts";
import { BusyError, explain, inOneLine } from "../../../src/host/explain.ts";
import { tellRecovery, tellRotation } from "../../../src/host/keys/words.ts";
import type { Computer, Witness } from "./computer.ts";
import type { Operation, Rotate } from "./operations.ts";
import type { Platform, Renewal } from "./platform.ts";
import type { S3Double } from "./s3.ts";

/** How an operation on one user ended. */
export type Ending = { readonly userId: string } & (
  | { readonly kind: "rotation"; readonly attempt: string; readonly rotation: Rotation }
  | { readonly kind: "recovery"; readonly recovery: Recovery; readonly isTold: boolean }
  | { readonly kind: "verified"; readonly state: KeyState }
  | { readonly kind: "forgotten" | "dismissed" | "nothing" }
  | { readonly kind: "failed"; readonly error: unknown; readonly attempt?: string }
  | { readonly kind: "died" }
);

/** A user between two operations: what is true, and what the extension has. */
interface Sight {
  readonly live: string;
  readonly isLocked: boolean;
  readonly entry: string | undefined;
  readonly key: StoredKey | undefined;
  readonly record: RotationRecord | undefined;
  /** The live secret is stored. */
  readonly holds: boolean;
}

/** What cannot be seen in the world, since it is in people's heads. */
interface Belief {
  /** The last that was said of the key: that it is good, or that it may not be. */
  news: "good" | "bad" | undefined;
  /** The live secret came from elsewhere, or of a call that was denied, and S3 has not been asked since. */
  isUnseen: boolean;
  /** A process ended, or a disk failed, before the open rotation could get its finding. */
  isInterrupted: boolean;
}

interface Mood {
  readonly s3: S3Double["trouble"];
  readonly storage: Computer["secrets"]["trouble"];
  readonly disk: Computer["disk"]["trouble"];
  readonly isDown: boolean;
}

/** Findings that are left when S3 can be asked: there is nothing to ask it about. */
const lasting: ReadonlySet<Finding | undefined> = new Set(["lost", "unprovable", "notStored"] as const);

/** Knows what is true, sees what the extension has and says, and compares. */
export class Oracle implements Witness {
  /** How often what came of an operation. */
  readonly seen = new Map<string, number>();
  readonly #platform: Platform;
  readonly #computer: Computer;
  readonly #s3: S3Double;
  readonly #userIds: readonly string[];
  readonly #beliefs = new Map<string, Belief>();
  #before = new Map<string, Sight>();
  #after = new Map<string, Sight>();
  #mood: Mood;
  /** Of the operation under way. */
  #renewalsBefore = 0;
  #turnedUnseen = new Set<string>();
  #wereUnseen = new Set<string>();
  #answered: { readonly userId: string; readonly secret: Secret }[] = [];
  #violations: string[] = [];
  #isStorageAlwaysFine = true;
  /** Attempts of which nobody can tell whether they brought about the new secret. */
  readonly #untellable = new Set<string | undefined>();

  constructor(platform: Platform, computer: Computer, s3: S3Double) {
    this.#platform = platform;
    this.#computer = computer;
    this.#s3 = s3;
    this.#userIds = platform.users.users.map(({ id }) => id);
    for (const id of this.#userIds) this.#beliefs.set(id, { news: undefined, isUnseen: false, isInterrupted: false });
    this.#mood = this.#currentMood();
    platform.rotatedElsewhere = (userId) => {
      this.#belief(userId).isUnseen = true;
      this.#turnedUnseen.add(userId);
    };
  }

  /** An operation begins. */
  async begin(): Promise<void> {
    this.#before = await this.#look();
    this.#mood = this.#currentMood();
    this.#renewalsBefore = this.#platform.renewals.length;
    this.#turnedUnseen = new Set();
    this.#wereUnseen = new Set(this.#userIds.filter((id) => this.#belief(id).isUnseen));
    this.#answered = [];
    this.#violations = [];
    this.#noteStorage();
  }

  /** It has ended. */
  async end(operation: Operation, endings: readonly Ending[]): Promise<void> {
    this.#after = await this.#look();
    this.#noteStorage();
    const isDead = endings.some(({ kind }) => kind === "died");
    for (const renewal of this.#renewals()) {
      if (this.#isUntellable(renewal, isDead)) this.#untellable.add(renewal.attempt);
    }
    for (const ending of endings) this.#believe(ending);
    for (const userId of this.#userIds) if (this.#isDismissed(operation, userId)) this.#belief(userId).news = "bad";
    for (const ending of endings) this.#judgeEnding(ending);
    this.#judgeRequests(operation, endings);
    this.#judgeAnswers(endings);
    for (const ending of endings) this.#judgeEarlier(ending);
    if (operation.kind === "twice") for (const second of endings.slice(1)) this.#judgeSecond(second);
    this.#judgeOthers(operation);
    for (const userId of this.#userIds) this.#judgeUser(userId, operation);
    this.#judgeTexts(this.#computer.files, "a file");
    assert.deepEqual(this.#violations, [], `after ${JSON.stringify(operation)}`);
  }

  /** All is well again, everything was recovered, and S3 was asked about all that is stored. */
  judgeEpilogue(): void {
    this.#violations = [];
    for (const userId of this.#userIds) {
      const { key, holds, record, live } = this.#sight(userId);
      const state = keyState(key);
      this.#check(state !== "stored", "S3 was asked, and nothing is noted");
      this.#check((state === "accepted") === (key?.secret?.reveal() === live), `${state}, and the secret is another`);
      this.#check(state !== "rejected" || !holds, "rejected, and the live secret is there");
      this.#check(state !== "accepted" || candidates(key).length === 1, "accepted, and dead secrets are kept");
      this.#check(state !== "accepted" || !record, "the key is good, and its rotation open");
      this.#check(!record || lasting.has(record.finding), `a rotation stays open as ${record?.finding}`);
    }
    assert.deepEqual(this.#violations, [], "in the end");
  }

  judging(accessKeyId: string, secret: Secret): void {
    const userId = this.#userIds.find((id) => this.#platform.user(id).accessKeyId === accessKeyId);
    const isNew = this.#answered.some((one) => one.userId === userId && one.secret.equals(secret));
    if (!isNew || userId === undefined) return;
    const isStored = this.#computer.entry(userId)?.includes(secret.reveal());
    this.#check(isStored, "a new secret is put to S3 before it is stored");
  }

  judged(accessKeyId: string, { verdict }: Verdict): void {
    // One answer out of two says nothing of a key with two secrets.
    if (verdict === "undecided" || this.#s3.trouble) return;
    for (const id of this.#userIds) {
      if (this.#platform.user(id).accessKeyId === accessKeyId) this.#belief(id).isUnseen = false;
    }
  }

  answered(userId: string, { secret }: RenewedKey): void {
    if (secret) this.#answered.push({ userId, secret });
  }

  async #look(): Promise<Map<string, Sight>> {
    const sights = new Map<string, Sight>();
    for (const userId of this.#userIds) {
      const { secretKey: live, locked: isLocked } = this.#platform.user(userId);
      const key = await this.#computer.storedKey(userId);
      const holds = candidates(key).some((secret) => secret.reveal() === live);
      const record = await this.#computer.record(userId);
      sights.set(userId, { live, isLocked, entry: this.#computer.entry(userId), key, record, holds });
    }
    return sights;
  }

  #noteStorage(): void {
    if (this.#computer.secrets.trouble || this.#computer.isVolatile) this.#isStorageAlwaysFine = false;
  }

  #currentMood(): Mood {
    const { secrets, disk } = this.#computer;
    return { s3: this.#s3.trouble, storage: secrets.trouble, disk: disk.trouble, isDown: this.#platform.isDown };
  }

  /** What people know after an ending. */
  #believe(ending: Ending): void {
    const belief = this.#belief(ending.userId);
    const news = newsOf(ending);
    if (news) belief.news = news;
    const isDiskBad = this.#mood.disk !== undefined || this.#computer.disk.trouble !== undefined;
    if (ending.kind === "died" || isDiskBad) belief.isInterrupted = true;
    else if (ending.kind === "recovery" && ending.recovery.outcome !== "busy") belief.isInterrupted = false;
    // What S3 said cannot be noted by who has ended, or has nowhere to.
    const isStorageFine = !this.#mood.storage && !this.#computer.secrets.trouble;
    const isNoted = ending.kind !== "died" && isStorageFine;
    const wasUnseen = this.#wereUnseen.has(ending.userId) || this.#turnedUnseen.has(ending.userId);
    if (!isNoted && wasUnseen) belief.isUnseen = true;
    const believed = this.#renewals().some((renewal) => renewal.userId === ending.userId && this.#isBelieved(renewal));
    if (believed) belief.isUnseen = true;
  }

  /** Whoever dismisses an open rotation knows that it may have come to something. */
  #isDismissed(operation: Operation, userId: string): boolean {
    if (operation.kind !== "one" || operation.one !== "dismiss") return false;
    return this.#sight(userId, "before").record !== undefined && !this.#sight(userId).record;
  }

  /**
   * The platform says that it did nothing, though it did, and nobody could know better: S3 or SecretStorage could not be
   * asked about the old secret.
   */
  #isBelieved({ userId, answer, issued }: Renewal): boolean {
    if (issued === undefined || (answer !== "refusedAfter" && answer !== "lockedMaskedAfter")) return false;
    return !this.#hasEvidence(userId);
  }

  /** The old secret could be read at first, and S3 be asked about it to the end. */
  #hasEvidence(userId: string): boolean {
    const isS3Fine = !this.#mood.s3 && !this.#s3.trouble;
    return isS3Fine && this.#mood.storage !== "throws" && this.#sight(userId, "before").holds;
  }

  #judgeEnding(ending: Ending): void {
    switch (ending.kind) {
      case "rotation":
        this.#count(`rotation ${ending.rotation.outcome}`);
        this.#judgeTexts(tellRotation("app", ending.rotation).text, "a message");
        this.#check(tellRotation("app", ending.rotation).text, "nothing is said of a rotation");
        return this.#judgeRotation(ending.userId, ending.attempt, ending.rotation);
      case "recovery":
        this.#count(`recovery ${ending.recovery.outcome}`);
        this.#judgeTexts(tellRecovery("app", ending.recovery)?.text ?? "", "a message");
        return this.#judgeRecovery(ending.userId, ending.recovery);
      case "failed":
        this.#count("failed");
        this.#judgeTexts(`${inOneLine(explain(ending.error))} ${String(ending.error)}`, "an error");
        if (ending.attempt !== undefined) this.#judgeNothingDone(ending.attempt, "it failed");
        return;
      case "verified": {
        this.#count(`verified ${ending.state}`);
        const { key, holds, live } = this.#sight(ending.userId);
        this.#check((ending.state === "accepted") === (key?.secret?.reveal() === live), `verified as ${ending.state}`);
        this.#check(ending.state !== "rejected" || !holds, "the live secret was verified as rejected");
        return;
      }
      default:
        this.#count(ending.kind);
    }
  }

  #judgeRotation(userId: string, attempt: string, rotation: Rotation): void {
    const { holds, key, live, isLocked } = this.#sight(userId);
    const before = this.#sight(userId, "before");
    const isSent = this.#renewals().some((renewal) => renewal.attempt === attempt);
    switch (rotation.outcome) {
      case "busy":
        return this.#check(!isSent, "busy, and sent");
      case "changed":
        this.#check(rotation.inspection.concerns.length > 0, "a change without a concern");
        return this.#check(!isSent, "changed, and sent");
      case "locked":
        this.#check(isLocked, "said to be locked, and is not");
        this.#check(rotation.seen === "meanwhile" || (before.isLocked && !isSent), "locked before, and sent");
        return saysUnchanged(rotation) ? this.#judgeNothingDone(attempt, "locked") : undefined;
      case "unchanged":
        return this.#judgeNothingDone(attempt, "it is unchanged");
      case "rotated":
        this.#check(rotation.credential.secret.reveal() === live, "said to be rotated, and the secret is not live");
        this.#check(keyState(key) === "accepted" && key?.secret?.reveal() === live, "rotated, and not stored so");
        return this.#check(this.#didAct(attempt), "said to be rotated, and was not");
      case "unproven": {
        const { secret } = rotation.credential;
        const isThere = candidates(key).some((one) => one.equals(secret));
        this.#check(isThere, "said to be stored, and is not");
        return this.#check(this.#s3.trouble || secret.reveal() !== live, "said to be unproven, and is live");
      }
      case "superseded":
        this.#check(keyState(key) === "rejected", "superseded, and not noted so");
        return this.#check(!holds, "said to be superseded, and the live secret is stored");
      case "notStored":
        return this.#check(this.#computer.secrets.trouble, "said not to be stored, and SecretStorage works");
      case "lost":
        return this.#judgeLost(userId, attempt, rotation.old);
    }
  }

  #judgeLost(userId: string, attempt: string, old: Extract<Rotation, { outcome: "lost" }>["old"]): void {
    const { holds } = this.#sight(userId);
    switch (old.state) {
      case "accepted":
        this.#check(holds, "the old secret is said to live, and does not");
        return this.#judgeNothingDone(attempt, "nothing was rotated");
      case "rejected":
        return this.#check(!holds, "said to be lost, and the live secret is stored");
      case "undecided":
        return this.#check(this.#isTroubled(old.error), "S3 is said not to say, and does");
      case "none":
        return this.#check(!this.#hasEvidence(userId), "said to be unprovable, and S3 knows the old secret");
    }
  }

  #judgeRecovery(userId: string, recovery: Recovery): void {
    const { holds, key, live, record } = this.#sight(userId);
    const isDone = !["open", "busy", "nothing"].includes(recovery.outcome);
    this.#check(!isDone || !record, `recovered as ${recovery.outcome}, and still open`);
    switch (recovery.outcome) {
      case "rotated":
        this.#check(keyState(key) === "accepted" && key?.secret?.reveal() === live, "recovered, and not stored so");
        return this.#check(this.#didAct(recovery.receipt.attempt), "recovered as rotated, and was not");
      case "superseded":
        return this.#check(!holds, "recovered as superseded, and the live secret is stored");
      case "notRotated":
        this.#check(holds, "said to be accepted still, and is not");
        return this.#judgeNothingDone(recovery.record.attempt, "recovered as not rotated");
      case "settled":
        return this.#check(holds, "said to be accepted, and is not");
      case "open":
        return this.#judgeFinding(userId, recovery.record.finding);
      case "nothing":
        return this.#check(!this.#sight(userId, "before").record, "an open rotation is said to be none");
      case "busy":
        return;
    }
  }

  #judgeFinding(userId: string, finding: Finding): void {
    const { holds, live } = this.#sight(userId);
    this.#count(`finding ${finding}`);
    switch (finding) {
      case "lost":
        return this.#check(!holds, "found to be lost, and the live secret is stored");
      case "notStored":
        return this.#check(!holds, "found not to be stored, and the live secret is");
      case "unprovable":
        return this.#check(this.#s3.trouble || !holds, "found to be unprovable, and S3 accepts what is stored");
      case "undecided": {
        // A late request may act between two answers of S3.
        const isChanging = live !== this.#sight(userId, "before").live;
        return this.#check(this.#s3.trouble || isChanging, "found to be undecided, and S3 can say");
      }
      case "unproven":
        return this.#check(this.#s3.trouble, "found to be unproven, and S3 can say");
    }
  }

  /** Whoever says that nothing was rotated has to be right, as far as anybody could know. */
  #judgeNothingDone(attempt: string, what: string): void {
    const done = this.#platform.renewals.filter((renewal) => renewal.attempt === attempt && renewal.issued);
    this.#check(
      done.every((renewal) => this.#isBelieved(renewal)),
      `${what}, they say, and the platform has rotated`,
    );
  }

  /** Whether a rotation brought about a new secret, as far as anybody can tell. */
  #didAct(attempt: string): boolean {
    const didAct = this.#platform.renewals.some((renewal) => renewal.attempt === attempt && renewal.issued);
    return didAct || this.#untellable.has(attempt);
  }

  /**
   * An answer that passes off the secret as it was for a new one is found out only by who knows it, and one of a rotation
   * elsewhere at the same time by nobody. A process that has ended leaves nothing about a locked user's answer.
   */
  #isUntellable({ userId, answer }: Renewal, isDead: boolean): boolean {
    const isOldKnown = this.#sight(userId, "before").holds && this.#mood.storage !== "throws";
    return this.#turnedUnseen.has(userId) || (!isOldKnown && (answer === "known" || isDead));
  }

  #isTroubled(error: S3Error): boolean {
    return error.kind === this.#s3.trouble;
  }

  #judgeRequests(operation: Operation, endings: readonly Ending[]): void {
    const rotates = rotatesOf(operation);
    for (const [which, userId] of this.#userIds.entries()) {
      const sent = this.#renewals().filter((renewal) => renewal.userId === userId).length;
      const rotate = rotates.find(({ user }) => user === which);
      if (!rotate) {
        this.#check(sent === 0, "a request without a rotation");
        continue;
      }
      this.#check(sent <= 1, "more than one request for a rotation");
      const obstacle = this.#obstacle(userId, rotate);
      this.#check(sent === 0 || !obstacle, `a request in spite of this: ${obstacle}`);
      const isDead = endings.some(({ kind }) => kind === "died");
      const mayBeSent = !isDead && !obstacle && this.#isStorageAlwaysFine && this.#mood.s3 !== "busy";
      this.#check(sent === 1 || !mayBeSent, "no request, and nothing speaks against it");
    }
  }

  /** A rotation that changes nothing leaves an earlier one as open as it was. */
  #judgeEarlier(ending: Ending): void {
    const isRefused = ending.kind === "failed" && ending.attempt !== undefined;
    const isNothing = ending.kind === "rotation" && saysNothing(ending.rotation);
    if ((!isRefused && !isNothing) || this.#mood.disk || this.#computer.disk.trouble) return;
    const { record } = this.#sight(ending.userId, "before");
    const isStill = this.#sight(ending.userId).record?.attempt === record?.attempt;
    this.#check(!record || isStill, "nothing was rotated, and an earlier rotation is not open any more");
  }

  /** Whoever comes while a rotation of the same user is under way is told so. */
  #judgeSecond(ending: Ending): void {
    const isRotationBusy = ending.kind === "rotation" && ending.rotation.outcome === "busy";
    const isRecoveryNone = ending.kind === "recovery" && ["busy", "nothing"].includes(ending.recovery.outcome);
    const isRefused = ending.kind === "failed" && ending.error instanceof BusyError;
    const isAlone = !isRotationBusy && !isRecoveryNone && !isRefused && ending.kind !== "nothing";
    this.#check(!isAlone, "two at once with one user's key");
  }

  /** Why a rotation may not be carried out. */
  #obstacle(userId: string, { confirmed }: Rotate): string | undefined {
    const { isLocked, holds, key } = this.#sight(userId, "before");
    const { s3, storage, disk, isDown } = this.#mood;
    if (isDown) return "the platform is down";
    if (disk) return "the journal cannot be written";
    if (isLocked) return "the user is locked";
    const isForgetful = storage !== undefined || this.#computer.hasForgotten;
    if (isForgetful && !confirmed.includes("storage")) return "SecretStorage does not keep what it is given";
    // What cannot be read cannot be asked about either.
    if (storage === "throws") return undefined;
    if (s3) return s3 === "busy" || confirmed.includes("s3") ? undefined : "S3 says nothing";
    if (key && !holds && !confirmed.includes("elsewhere")) return "the key was rotated elsewhere";
    return undefined;
  }

  /** What came as a new secret is stored, or handed to the person, unless the process ended. */
  #judgeAnswers(endings: readonly Ending[]): void {
    for (const { userId, secret } of this.#answered) {
      const { live, holds } = this.#sight(userId);
      if (live !== secret.reveal() || endings.some(({ kind }) => kind === "died")) continue;
      const renewal = this.#renewals().find((one) => one.userId === userId);
      if (renewal?.issued !== live) continue;
      const rotations = endings.flatMap((ending) => (ending.kind === "rotation" ? [ending.rotation] : []));
      const isShown = rotations.some((one) => one.outcome === "notStored" && one.credential.secret.equals(secret));
      const isOffered = rotations.some((one) => one.outcome === "locked" && one.unsure?.secret.equals(secret));
      this.#check(holds || isShown || isOffered, "a new secret came, and is neither stored nor shown");
      const isStorageFine = !this.#mood.storage && !this.#computer.secrets.trouble;
      this.#check(holds || isOffered || !isStorageFine, "a new secret came, SecretStorage works, and it is not stored");
    }
  }

  /** Users that an operation is not about are as they were. */
  #judgeOthers(operation: Operation): void {
    const about = this.#usersOf(operation);
    for (const userId of this.#userIds) {
      if (about.has(userId)) continue;
      const [before, after] = [this.#sight(userId, "before"), this.#sight(userId)];
      this.#check(before.entry === after.entry, "another user's stored key changed");
      const isElsewhere = this.#turnedUnseen.has(userId);
      this.#check(before.live === after.live || isElsewhere, "another user's secret changed");
      this.#check(JSON.stringify(before.record) === JSON.stringify(after.record), "another user's journal changed");
    }
  }

  #usersOf(operation: Operation): ReadonlySet<string> {
    switch (operation.kind) {
      case "rotate":
      case "both":
      case "twice":
        return new Set(rotatesOf(operation).map(({ user }) => this.#userIds[user] ?? ""));
      case "one":
        return new Set([this.#userIds[operation.user] ?? ""]);
      case "change":
        return new Set();
      case "restart": {
        const open = this.#userIds.filter((id) => this.#sight(id, "before").record);
        return new Set(this.#computer.isVolatile ? this.#userIds : open);
      }
    }
  }

  #judgeUser(userId: string, operation: Operation): void {
    const [before, after] = [this.#sight(userId, "before"), this.#sight(userId)];
    const { news, isUnseen, isInterrupted } = this.#belief(userId);
    const { record } = after;
    const isKnown = record && (record.finding !== undefined || isInterrupted);
    const isSaid = keyState(after.key) === "none" || keyState(after.key) === "rejected" || isKnown || news === "bad";
    this.#check(after.holds || isSaid || isUnseen, "the live secret is not stored, and nobody says so");
    this.#check(!record || record.finding !== undefined || isInterrupted, "an open rotation without a finding");

    const isForgotten = isForgetting(operation, this.#userIds.indexOf(userId));
    const isWiped = operation.kind === "restart" && this.#computer.isVolatile;
    const isLiveStill = before.live === after.live;
    const isKept = after.holds || isForgotten || isWiped;
    this.#check(!before.holds || !isLiveStill || isKept, "the live secret was stored, and is not any more");

    const wasOurs = this.#renewals().some((renewal) => renewal.userId === userId);
    this.#check(isLiveStill || !before.isLocked || !wasOurs, "a locked user's secret changed");
  }

  #judgeTexts(text: string, where: string): void {
    const isLeaking = this.#platform.secrets.some((secret) => text.includes(secret));
    this.#check(!isLeaking, `a secret is in ${where}`);
  }

  #renewals(): readonly Renewal[] {
    return this.#platform.renewals.slice(this.#renewalsBefore);
  }

  #sight(userId: string, when: "before" | "after" = "after"): Sight {
    const sight = (when === "before" ? this.#before : this.#after).get(userId);
    return sight ?? assert.fail(`no sight of ${userId}`);
  }

  #belief(userId: string): Belief {
    return this.#beliefs.get(userId) ?? assert.fail(`no belief about ${userId}`);
  }

  #count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  #check(condition: unknown, violation: string): void {
    if (!condition) this.#violations.push(violation);
  }
}

export function rotatesOf(operation: Operation): readonly Rotate[] {
  switch (operation.kind) {
    case "rotate":
    case "twice":
      return [operation.rotate];
    case "both":
      return operation.rotates;
    default:
      return [];
  }
}

function isForgetting(operation: Operation, which: number): boolean {
  if (operation.kind === "twice") return operation.other === "forget" && operation.rotate.user === which;
  return operation.kind === "one" && operation.one === "forget" && operation.user === which;
}

function newsOf(ending: Ending): Belief["news"] {
  switch (ending.kind) {
    case "rotation":
      return newsOfRotation(ending.rotation);
    case "recovery":
      return ending.isTold ? newsOfRecovery(ending.recovery) : undefined;
    case "verified":
      return ending.state === "accepted" ? "good" : undefined;
    default:
      return undefined;
  }
}

function newsOfRotation(rotation: Rotation): Belief["news"] {
  switch (rotation.outcome) {
    case "rotated":
      return "good";
    case "unproven":
    case "superseded":
    case "notStored":
      return "bad";
    case "lost":
      return rotation.old.state === "accepted" ? "good" : "bad";
    case "locked":
      return saysUnchanged(rotation) ? undefined : "bad";
    case "busy":
    case "changed":
    case "unchanged":
      return undefined;
  }
}

function saysNothing(rotation: Rotation): boolean {
  const { outcome } = rotation;
  return outcome === "changed" || outcome === "unchanged" || (outcome === "locked" && saysUnchanged(rotation));
}

/** A user who is locked while its key is being rotated may have been so before the platform acted, or after. */
function saysUnchanged(rotation: Rotation): boolean {
  return tellRotation("app", rotation).text.includes("Nothing was changed");
}

function newsOfRecovery({ outcome }: Recovery): Belief["news"] {
  switch (outcome) {
    case "rotated":
    case "notRotated":
    case "settled":
      return "good";
    case "superseded":
    case "open":
      return "bad";
    case "busy":
    case "nothing":
      return undefined;
  }
}
