import * as vscode from "vscode";
import { tellRecovery } from "./words.ts";
import { BusyError } from "../explain.ts";
import type { Keyring } from "../keyring.ts";
import { pickUser } from "../pickUser.ts";
import type { UserList } from "../userList.ts";
import { say } from "./say.ts";

/** Asks S3 once more what became of an interrupted rotation. */
export async function resolveRotation(target: unknown, list: UserList, keyring: Keyring): Promise<void> {
  const user = await pickUser(list, target, vscode.l10n.t("Resolve Rotation"));
  if (!user) return;
  const recovery = await vscode.window.withProgress({ location: { viewId: "rgw.users" } }, () =>
    keyring.recover(user.id),
  );
  if (recovery.outcome === "busy") throw new BusyError(recovery.holder);
  const message = tellRecovery(user.name, recovery);
  if (message) return say(message, user);
  sayNone(user.name);
}

function sayNone(userName: string): void {
  const text = vscode.l10n.t("No rotation of {0} is open.", userName);
  void vscode.window.showInformationMessage(text, vscode.l10n.t("OK"));
}

/** For a person who knows better than can be found out from here. */
export async function dismissRotation(target: unknown, list: UserList, keyring: Keyring): Promise<void> {
  const user = await pickUser(list, target, vscode.l10n.t("Dismiss Interrupted Rotation"));
  if (!user) return;
  if (!(await keyring.openRotations()).has(user.id)) return sayNone(user.name);
  const dismiss = vscode.l10n.t("Dismiss");
  const choice = await vscode.window.showWarningMessage(
    vscode.l10n.t("Dismiss the interrupted rotation of {0}?", user.name),
    {
      modal: true,
      detail: vscode.l10n.t(
        "Its mark in the view goes away, and nothing is asked about it any more. The stored secret key stays as it is.",
      ),
    },
    dismiss,
  );
  if (choice === dismiss) await keyring.dismissRotation(user.id);
}
