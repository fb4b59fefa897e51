import * as vscode from "vscode";
import type { Receipt } from "../../core/rotation/journal.ts";
import type { Keyring } from "../keyring.ts";
import { pickUser } from "../pickUser.ts";
import type { UserList } from "../userList.ts";
import { receiptText, receiptWords } from "./words.ts";

/** Shows the receipt of a user's last rotation from here, to be read, copied or saved. */
export async function showReceipt(target: unknown, list: UserList, keyring: Keyring): Promise<void> {
  const user = await pickUser(list, target, vscode.l10n.t("Show Rotation Receipt"));
  if (!user) return;
  const receipt = await keyring.receipt(user.id);
  if (receipt) return await show(receipt);
  void vscode.window.showInformationMessage(
    vscode.l10n.t("There is no receipt: the key of {0} was not rotated from this computer.", user.name),
  );
}

async function show(receipt: Receipt): Promise<void> {
  const { title, lines } = receiptWords(receipt);
  const copy = vscode.l10n.t("Copy Receipt");
  const save = vscode.l10n.t("Save Receipt…");
  const detail = lines.join("\n");
  const choice = await vscode.window.showInformationMessage(title, { modal: true, detail }, copy, save);
  if (choice === copy) await vscode.env.clipboard.writeText(receiptText(receipt));
  if (choice !== save) return;
  const uri = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Save Receipt"),
    saveLabel: vscode.l10n.t("Save Receipt"),
    filters: { Markdown: ["md"] },
  });
  if (uri) await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(receiptText(receipt)));
}
