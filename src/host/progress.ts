import { setTimeout as delay } from "node:timers/promises";
import * as vscode from "vscode";

/** What is done sooner needs no notification. Milliseconds. */
const soon = 700;

/**
 * Shows a notification while something goes on, but only where it takes a while: VS Code drops notifications that come
 * in quick succession without a word, and the one with the outcome must not be among them.
 * @param cancel makes it possible to cancel
 */
export async function whileWaiting<T>(title: string, work: Promise<T>, cancel?: () => void): Promise<T> {
  const ended = work.then(
    () => true,
    () => true,
  );
  if (!(await Promise.race([ended, delay(soon, false)]))) {
    const location = vscode.ProgressLocation.Notification;
    await vscode.window.withProgress({ location, title, cancellable: cancel !== undefined }, async (_, token) => {
      token.onCancellationRequested(() => cancel?.());
      await ended;
    });
  }
  return await work;
}
