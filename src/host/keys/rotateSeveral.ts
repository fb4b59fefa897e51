import * as vscode from "vscode";
import type { RgwUser } from "../../core/platform/schema.ts";
import { inspect } from "../../core/rotation/inspect.ts";
import { type Batch, type BatchUser, type Result, rotateMany } from "../../core/rotation/many.ts";
import { alone } from "../../core/rotation/ports.ts";
import { explain, inOneLine } from "../explain.ts";
import { isCancellation } from "../report.ts";
import { toSignal } from "../signal.ts";
import { showText } from "./receipt.ts";
import { rescueSecret } from "./rescue.ts";
import type { RotateParts } from "./rotate.ts";
import { type Checked, batchConfirmation, batchReport, batchSummary, tellResult } from "./severalWords.ts";

/** Rotates the keys of several users, one after the other, after one question about all of them. */
export async function rotateSeveral(users: readonly RgwUser[], parts: RotateParts): Promise<void> {
  const checked = await lookAtAll(users, parts);
  const inUse = await Promise.all(users.map(({ id }) => parts.inUse(id)));
  const { message, detail, button } = batchConfirmation(checked, inUse.flat());
  // Without a button there is nobody left whose key could be rotated, and the dialog only says why.
  const choice = await vscode.window.showWarningMessage(message, { modal: true, detail }, ...(button ? [button] : []));
  if (!button || choice !== button) return;
  const batches = parts.keyring.batches();
  const batch = batches.create(
    checked.map(({ user, inspection, problem }) => ({
      id: user.id,
      name: user.name,
      confirmed: inspection?.concerns.map(({ kind }) => kind) ?? [],
      ...(problem !== undefined && { result: { isRotated: false, text: problem } }),
    })),
  );
  await carryOn(batch, parts);
}

/** Offers to go on with batches that ended in the middle, because the window did. */
export async function offerBatches(parts: RotateParts): Promise<void> {
  const offers = (await parts.keyring.batches().all()).map(async (batch) => {
    if (!(await parts.keyring.locks.isHeld(lockName(batch)))) await offer(batch, parts);
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
  if (choice === goOn) await carryOn(batch, parts);
  if (choice === report) {
    await showText(batchReport(batch));
    await offer(batch, parts);
  }
  if (choice === stop) await parts.keyring.batches().drop(batch);
}

async function carryOn(batch: Batch, parts: RotateParts): Promise<void> {
  const lock = await parts.keyring.locks.take(lockName(batch));
  if (!lock.held) return;
  try {
    const batches = parts.keyring.batches();
    await batches.put(batch);
    const ended = await rotateWithProgress(batch, parts);
    await batches.drop(ended);
    void tellEnd(ended);
  } finally {
    await lock.release();
  }
}

async function rotateWithProgress(batch: Batch, parts: RotateParts): Promise<Batch> {
  const { client } = await parts.session.required();
  const rotation = parts.keyring.rotationPorts(client);
  return await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t("Rotating keys"),
      cancellable: true,
    },
    async (progress, token) => {
      const { length } = batch.users;
      token.onCancellationRequested(() =>
        progress.report({ message: vscode.l10n.t("stopping; the one that is under way is finished first") }),
      );
      return await rotateMany(batch, {
        rotation,
        batches: parts.keyring.batches(),
        signal: toSignal(token),
        turn: ({ name }, index, isSent) => {
          if (isSent) return;
          progress.report({
            message: vscode.l10n.t("{0} of {1}: {2}", index + 1, length, name),
            increment: 100 / length,
          });
        },
        tell: (user, result) => tell(user, result, parts),
      });
    },
  );
}

async function tell(
  { id, name }: BatchUser,
  result: Result,
  { list, keyring }: RotateParts,
): Promise<NonNullable<BatchUser["result"]>> {
  if (result.kind === "rotation") {
    const { rotation } = result;
    if (rotation.outcome === "locked") list.update(rotation.user);
    const user = list.find(id);
    if (rotation.outcome === "notStored" && user) await rescueSecret(user, rotation.credential, keyring);
  }
  return tellResult(name, result);
}

async function tellEnd(batch: Batch): Promise<void> {
  const { isGood, text } = batchSummary(batch);
  const report = vscode.l10n.t("Show Report");
  const show = isGood ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
  if ((await show(text, report)) === report) await showText(batchReport(batch));
}

async function lookAtAll(users: readonly RgwUser[], parts: RotateParts): Promise<readonly Checked[]> {
  const { client } = await parts.session.required();
  const ports = parts.keyring.rotationPorts(client);
  const checked: Checked[] = [];
  await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t("Checking what rotating {0} keys needs", users.length),
      cancellable: true,
    },
    async (progress, token) => {
      const signal = toSignal(token);
      for (const user of users) {
        progress.report({ message: user.name, increment: 100 / users.length });
        try {
          const inspection = await alone(user.id, ports, () => inspect(user.id, ports, signal));
          if ("outcome" in inspection) {
            checked.push({ user, problem: tellResult(user.name, { kind: "rotation", rotation: inspection }).text });
            continue;
          }
          parts.list.update(inspection.user);
          const rotation = { outcome: "locked", seen: "before", user } as const;
          checked.push(
            inspection.user.locked
              ? { user, problem: tellResult(user.name, { kind: "rotation", rotation }).text }
              : { user, inspection },
          );
        } catch (error) {
          if (isCancellation(error)) throw error;
          checked.push({ user, problem: inOneLine(explain(error)) });
        }
      }
    },
  );
  return checked;
}

function lockName({ id }: Batch): string {
  return `batch-${id}`;
}
