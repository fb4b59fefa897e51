import * as vscode from "vscode";
import type { RgwUser } from "../../core/platform/schema.ts";
import { inspect } from "../../core/rotation/inspect.ts";
import type { Batch, BatchUser } from "../../core/rotation/batches.ts";
import { type Result, rotateMany } from "../../core/rotation/many.ts";
import { type RotationPorts, alone } from "../../core/rotation/ports.ts";
import { BusyError, busyWords, explain, inOneLine } from "../explain.ts";
import { whileWaiting } from "../progress.ts";
import { isCancellation } from "../report.ts";
import { toSignal } from "../signal.ts";
import { offerToKeep, rescueSecret } from "./rescue.ts";
import { batchLock } from "./resume.ts";
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
  await batches.put(batch);
  await carryOn(batch, parts);
}

/** Rotates what is left of a batch, and tells how it ended. Another window may have done so meanwhile. */
export async function carryOn({ id }: Batch, parts: RotateParts): Promise<void> {
  const lock = await parts.keyring.locks.take(batchLock(id));
  if (!lock.held) throw new BusyError(lock.holder);
  try {
    const batches = parts.keyring.batches();
    const batch = await batches.get(id);
    if (!batch) {
      const done = vscode.l10n.t("These keys were rotated, or given up, in another window.");
      void vscode.window.showInformationMessage(done, vscode.l10n.t("OK"));
      return;
    }
    const ended = await rotateWithProgress(batch, parts);
    // Left on disk it is offered once more, with nothing left to do.
    await batches.drop(ended).catch(parts.note);
    tellEnd(ended).catch(parts.note);
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
      const rotated = rotateMany(batch, {
        rotation,
        batches: parts.keyring.batches(),
        signal: toSignal(token),
        turn: ({ name }, index) => {
          progress.report({
            message: vscode.l10n.t("{0} of {1}: {2}", index + 1, length, name),
            increment: 100 / length,
          });
        },
        pause: ({ name }, seconds) => {
          progress.report({ message: vscode.l10n.t("{0}: the platform asks for a pause of {1} s", name, seconds) });
        },
        tell: (user, result) => tell(user, result, parts),
      });
      // VS Code takes the notification away with the click on its button.
      const stopping = vscode.l10n.t("Stopping: the one that is under way is finished first…");
      token.onCancellationRequested(() => void whileWaiting(stopping, rotated).catch(() => {}));
      return await rotated;
    },
  );
}

async function tell(
  user: BatchUser,
  result: Result,
  { list, keyring, note }: RotateParts,
): Promise<NonNullable<BatchUser["result"]>> {
  if (result.kind === "rotation") {
    const { rotation } = result;
    if (rotation.outcome === "locked") list.update(rotation.user);
    if (rotation.outcome === "notStored") await rescueSecret(user, rotation.credential, keyring);
    // Not waited for: the others need not.
    if (rotation.outcome === "locked" && rotation.unsure) {
      offerToKeep(user, rotation, rotation.unsure, keyring).catch(note);
    }
  }
  return tellResult(user.name, result);
}

async function tellEnd(batch: Batch): Promise<void> {
  const { isGood, text } = batchSummary(batch);
  const report = vscode.l10n.t("Show Report");
  const show = isGood ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
  if ((await show(text, report)) === report) await showReport(batch);
}

async function lookAtAll(users: readonly RgwUser[], parts: RotateParts): Promise<readonly Checked[]> {
  const { client } = await parts.session.required();
  const ports = parts.keyring.rotationPorts(client);
  const controller = new AbortController();
  const title = vscode.l10n.t("Checking what rotating {0} keys needs…", users.length);
  const checked = await whileWaiting(title, lookAtEach(users, ports, controller.signal), () => controller.abort());
  for (const { user, inspection } of checked) parts.list.update(inspection?.user ?? user);
  return checked;
}

async function lookAtEach(users: readonly RgwUser[], ports: RotationPorts, signal: AbortSignal): Promise<Checked[]> {
  const checked: Checked[] = [];
  for (const user of users) checked.push(await lookAt(user, ports, signal));
  return checked;
}

async function lookAt(user: RgwUser, ports: RotationPorts, signal: AbortSignal): Promise<Checked> {
  try {
    const inspection = await alone(user.id, ports, () => inspect(user.id, ports, signal));
    if ("outcome" in inspection) return { user, problem: busyWords(inspection.holder) };
    if (!inspection.user.locked) return { user, inspection };
    return { user: inspection.user, problem: vscode.l10n.t("locked, ask a platform administrator to unlock the user") };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { user, problem: inOneLine(explain(error)) };
  }
}

export async function showReport(batch: Batch): Promise<void> {
  await showText(batchReport(batch));
}

/** In an editor of its own, from where it can be copied and saved. */
async function showText(content: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: "markdown", content });
  await vscode.window.showTextDocument(document, { preview: false });
}
