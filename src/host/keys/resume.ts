import * as vscode from "vscode";
import type { Batch } from "../../core/rotation/batches.ts";
import type { RotateParts } from "./rotate.ts";

const rotating = () => import("./rotateSeveral.ts");

/** Offers to go on with batches that ended in the middle, because the window did. */
export async function offerBatches(parts: RotateParts): Promise<void> {
  const offers = (await parts.keyring.batches().all()).map(async (batch) => {
    if (!(await parts.keyring.locks.isHeld(batchLock(batch.id)))) await offer(batch, parts);
  });
  await Promise.all(offers);
}

async function offer(batch: Batch, parts: RotateParts): Promise<void> {
  const goOn = vscode.l10n.t("Continue");
  const report = vscode.l10n.t("Show Report");
  const stop = vscode.l10n.t("Stop Here");
  const done = batch.users.filter(({ result }) => result).length;
  const choice = await vscode.window.showWarningMessage(
    vscode.l10n.t(
      "Rotating the keys of {0} users was interrupted after {1}. Continue with the others?",
      batch.users.length,
      done,
    ),
    goOn,
    report,
    stop,
  );
  if (choice === goOn) await (await rotating()).carryOn(batch, parts);
  if (choice === report) {
    await (await rotating()).showReport(batch);
    await offer(batch, parts);
  }
  if (choice === stop) await parts.keyring.batches().drop(batch);
}

/** The lock that says that somebody is at it. */
export function batchLock(id: string): string {
  return `batch-${id}`;
}
