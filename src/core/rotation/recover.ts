import { judgeAll, settleKey } from "../keys/settle.ts";
import { type StoredKey, candidates } from "../keys/vault.ts";
import type { Verdict } from "../s3/errors.ts";
import type { Secret } from "../secret.ts";
import type { Finding, Receipt, RotationRecord } from "./journal.ts";
import { untilCertain } from "../s3/patience.ts";
import { type Busy, type KeyPorts, alone } from "./ports.ts";

/** What could be found out about a rotation that was left open: by a crash, a lost answer, or an S3 endpoint out of reach. */
export type Recovery =
  | Busy
  /** There is no open rotation. */
  | { readonly outcome: "nothing" }
  /** S3 accepts the secret that it brought. */
  | { readonly outcome: "rotated"; readonly receipt: Receipt }
  /** S3 accepts none of the stored secrets, the one that it brought included. */
  | { readonly outcome: "superseded"; readonly receipt: Receipt }
  /** S3 still accepts the secret from before. */
  | { readonly outcome: "notRotated"; readonly record: RotationRecord }
  /** S3 accepts a secret that came from elsewhere meanwhile. */
  | { readonly outcome: "settled"; readonly record: RotationRecord }
  /** It stays open. `isNews`: nothing was known of it, or something else. */
  | {
      readonly outcome: "open";
      readonly record: RotationRecord & { readonly finding: Finding };
      readonly isNews: boolean;
    };

/**
 * Finishes an open rotation as far as S3 and the stored secrets allow, or finds out what the person has to know.
 * @throws NotStoredError, DiskError, and the signal's reason
 */
export async function recoverRotation(userId: string, ports: KeyPorts, signal?: AbortSignal): Promise<Recovery> {
  // Most often there is nothing, and nobody has to be kept out for that.
  if (!(await ports.journal.open(userId))) return { outcome: "nothing" };
  return await alone(userId, ports, () => recoverUnderLock(userId, ports, signal));
}

/** The same, for who holds the user's lock already. */
export async function recoverUnderLock(userId: string, ports: KeyPorts, signal?: AbortSignal): Promise<Recovery> {
  const record = await ports.journal.open(userId);
  if (!record) return { outcome: "nothing" };
  const key = await ports.vault.get(userId);
  const brought = await broughtBy(record, key, ports);
  const settled = await settleKey(userId, ports, signal);
  switch (settled.state) {
    case "accepted":
      return await accepted(record, settled.secret, brought, ports);
    case "rejected":
      if ((await askAgain(key, ports)) !== "rejected") {
        return await leaveOpen(record, brought ? "unproven" : "undecided", ports);
      }
      if (brought) return await finish(record, "superseded", ports);
      return await leaveOpen(record, findingOf(record), ports);
    case "undecided":
      if (brought) return await leaveOpen(record, "unproven", ports);
      return await leaveOpen(record, record.oldKeys.length > 0 ? "undecided" : "unprovable", ports);
    case "none":
      return await leaveOpen(record, record.phase === "requested" ? "unprovable" : "notStored", ports);
  }
}

/** No stored secret works, and none is that which the rotation brought: it may be where the person put it. */
function findingOf({ phase, isOldProved }: RotationRecord): Finding {
  if (phase !== "requested") return "notStored";
  return isOldProved ? "lost" : "unprovable";
}

/** The stored secret that the rotation brought. The journal may have missed that it came; the stored key then knows of it. */
async function broughtBy(
  { newKey, startedAt }: RotationRecord,
  key: StoredKey | undefined,
  ports: KeyPorts,
): Promise<Secret | undefined> {
  if (newKey === undefined) return key?.held.find(({ rotatedAt }) => rotatedAt >= startedAt)?.secret;
  for (const secret of candidates(key)) if ((await ports.fingerprint(secret)) === newKey) return secret;
  return undefined;
}

async function accepted(
  record: RotationRecord,
  secret: Secret,
  brought: Secret | undefined,
  ports: KeyPorts,
): Promise<Recovery> {
  const fingerprint = await ports.fingerprint(secret);
  if (brought?.equals(secret)) return await finish({ ...record, newKey: fingerprint }, "rotated", ports);
  const isOld = record.oldKeys.includes(fingerprint);
  // Without a fingerprint from before it may be the old one, too.
  if (isOld || record.oldKeys.length === 0) {
    const verdict = await askAgain(await ports.vault.get(record.userId), ports);
    if (verdict === "rejected") await ports.vault.reject(record.userId, ports.now());
    // It worked a moment ago, so that it is this rotation that took effect, late.
    if (verdict !== "accepted") return await leaveOpen(record, verdict === "rejected" ? "lost" : "undecided", ports);
  }
  await ports.journal.drop(record.userId);
  return { outcome: isOld ? "notRotated" : "settled", record };
}

/** A platform whose answer was lost may act late, and one gateway may learn of it later than another. */
async function askAgain(key: StoredKey | undefined, { judge, wait }: KeyPorts): Promise<Verdict["verdict"]> {
  if (!key) return "undecided";
  const ask = (): Promise<Verdict> => judgeAll(candidates(key), (secret) => judge(key.accessKeyId, secret));
  return (await untilCertain(ask, wait)).verdict;
}

async function finish(record: RotationRecord, outcome: Receipt["outcome"], ports: KeyPorts): Promise<Recovery> {
  const { phase: _, finding: __, ...rest } = record;
  const oldKeyFate = record.oldKeys.length === 0 ? "none" : outcome === "superseded" ? "rejected" : "unknown";
  const receipt: Receipt = { ...rest, outcome, finishedAt: ports.now(), oldKeyFate };
  await ports.journal.close(receipt);
  return { outcome, receipt };
}

async function leaveOpen(record: RotationRecord, finding: Finding, ports: KeyPorts): Promise<Recovery> {
  const isNews = record.finding !== finding;
  const left = { ...record, finding };
  if (isNews) await ports.journal.put(left);
  return { outcome: "open", record: left, isNews };
}
