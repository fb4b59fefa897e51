import * as vscode from "vscode";
import type { Keyring } from "../keyring.ts";
import { pickUser } from "../pickUser.ts";
import type { UserList } from "../userList.ts";
import { receiptText } from "./words.ts";

/** Opens the receipt of a user's last rotation from here, to be read, copied or saved. */
export async function showReceipt(target: unknown, list: UserList, keyring: Keyring): Promise<void> {
  const user = await pickUser(list, target, vscode.l10n.t("Show Rotation Receipt"));
  if (!user) return;
  const receipt = await keyring.receipt(user.id);
  if (receipt) return await showText(receiptText(receipt));
  void vscode.window.showInformationMessage(
    vscode.l10n.t("There is no receipt: the key of {0} was not rotated from this computer.", user.name),
  );
}

/** In an editor of its own, from where it can be copied and saved. */
export async function showText(content: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: "markdown", content });
  await vscode.window.showTextDocument(document, { preview: false });
}
