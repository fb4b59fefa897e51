import type { S3Error, Verdict } from "./errors.ts";

type Ask = () => Promise<Verdict>;
type Wait = (milliseconds: number) => Promise<void>;

/** What another try may answer differently in a moment, unlike a wrong clock, or a key that is not known. */
function mayPass({ kind }: S3Error): boolean {
  return ["busy", "failed", "unreachable", "unreadable"].includes(kind);
}

/** Asks about a secret that should be good: it may reach one gateway later than another. */
export async function untilAccepted(ask: Ask, wait: Wait): Promise<Verdict> {
  let verdict = await ask();
  for (const pause of [250, 1_000, 3_000]) {
    if (verdict.verdict === "accepted" || (verdict.verdict === "undecided" && !mayPass(verdict.error))) break;
    await wait(pause);
    verdict = await ask();
  }
  return verdict;
}

/** Asks about a secret that should be dead. */
export async function untilRejected(ask: Ask, wait: Wait): Promise<Verdict> {
  let verdict = await ask();
  for (const pause of [250, 1_000, 3_000]) {
    if (verdict.verdict !== "accepted") break;
    await wait(pause);
    verdict = await ask();
  }
  return verdict;
}

/**
 * Asks about a secret of which nobody knows whether it is still good. A rejection counts when it was heard twice in a row;
 * an acceptance only after some seconds, because a platform whose answer was lost may act late.
 */
export async function untilCertain(ask: Ask, wait: Wait): Promise<Verdict> {
  let last = await ask();
  for (const [round, pause] of [1_000, 3_000, 3_000].entries()) {
    if (last.verdict === "undecided" && !mayPass(last.error)) break;
    await wait(pause);
    const next = await ask();
    const isSame = next.verdict === last.verdict;
    last = next;
    if (isSame && (next.verdict === "rejected" || round > 0)) break;
  }
  return last;
}
