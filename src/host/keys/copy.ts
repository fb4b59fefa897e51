import * as vscode from "vscode";
import type { Secret } from "../../core/secret.ts";
import { NoStoredKeyError } from "../explain.ts";
import type { Keyring } from "../keyring.ts";
import { pickUser } from "../pickUser.ts";
import type { UserList } from "../userList.ts";

/** How long a copied secret may stay in the clipboard. Milliseconds. */
const clipboardLife = 60_000;

export async function copyAccessKeyId(target: unknown, list: UserList): Promise<void> {
  const user = await pickUser(list, target, vscode.l10n.t("Copy Access Key ID"));
  if (!user) return;
  await vscode.env.clipboard.writeText(user.accessKeyId);
  vscode.window.setStatusBarMessage(vscode.l10n.t("$(copy) Access key ID of {0} copied", user.name), 5_000);
}

export async function copySecretKey(target: unknown, list: UserList, keyring: Keyring): Promise<void> {
  const user = await pickUser(list, target, vscode.l10n.t("Copy Secret Key"));
  if (!user) return;
  const secret = await keyring.storedSecret(user.id);
  if (!secret) throw new NoStoredKeyError();
  const clear = await copyForAWhile(secret);
  const now = vscode.l10n.t("Clear Now");
  const choice = await vscode.window.showInformationMessage(
    vscode.l10n.t(
      "The secret key of {0} is in the clipboard. It is cleared after a minute if it is still there.",
      user.name,
    ),
    now,
  );
  if (choice === now) await clear();
}

/** @returns what clears the clipboard, if the secret is still in it */
async function copyForAWhile(secret: Secret): Promise<() => Promise<void>> {
  await vscode.env.clipboard.writeText(secret.reveal());
  const timer = setTimeout(() => void clear().catch(() => undefined), clipboardLife);
  timer.unref();
  return clear;

  async function clear(): Promise<void> {
    if ((await vscode.env.clipboard.readText()) === secret.reveal()) await vscode.env.clipboard.writeText("");
  }
}
