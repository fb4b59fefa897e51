import { chmod, writeFile } from "node:fs/promises";
import * as vscode from "vscode";
import type { RgwUser } from "../../core/platform/schema.ts";
import type { Credential, Rotation } from "../../core/rotation/rotate.ts";
import { explain, inOneLine } from "../explain.ts";
import type { Keyring } from "../keyring.ts";
import { say } from "./say.ts";
import { tellRecovery, tellRotation } from "./words.ts";

/**
 * The secret exists nowhere else, and its platform shows it only once: the person sees it, and is asked until it is copied,
 * saved to a file, or stored after all.
 */
export async function rescueSecret(user: RgwUser, credential: Credential, keyring: Keyring): Promise<void> {
  const actions = {
    copy: vscode.l10n.t("Copy Secret Key"),
    save: vscode.l10n.t("Save to File…"),
    store: vscode.l10n.t("Try to Store Again"),
  };
  for (let problem = ""; ;) {
    const choice = await vscode.window.showErrorMessage(
      vscode.l10n.t("The key of {0} is rotated, but the new secret key could not be stored.", user.name),
      { modal: true, detail: detailOf(credential, problem) },
      actions.copy,
      actions.save,
      actions.store,
    );
    try {
      if (choice === actions.copy && (await copy(credential))) return;
      if (choice === actions.save && (await save(user, credential))) return;
      if (choice === actions.store) {
        const message = tellRecovery(user.name, await keyring.holdAgain(user.id, credential));
        if (message) say(message, user);
        return;
      }
      problem = "";
    } catch (error) {
      problem = inOneLine(explain(error));
    }
  }
}

/** A locked user's answer had a secret of which nobody here can tell whether it is new; S3 can tell whether it works. */
export async function offerToKeep(
  user: RgwUser,
  rotation: Rotation,
  credential: Credential,
  keyring: Keyring,
): Promise<void> {
  const keep = vscode.l10n.t("Keep Secret Key");
  if ((await vscode.window.showWarningMessage(tellRotation(user.name, rotation).text, keep)) !== keep) return;
  const verdict = await keyring.judge(credential.accessKeyId, credential.secret);
  if (verdict.verdict === "undecided") throw verdict.error;
  if (verdict.verdict === "accepted") await keyring.enter(user.id, credential);
  const ok = vscode.l10n.t("OK");
  void (verdict.verdict === "accepted"
    ? vscode.window.showInformationMessage(
        vscode.l10n.t("The secret key of {0} is stored: S3 accepts it.", user.name),
        ok,
      )
    : vscode.window.showErrorMessage(
        vscode.l10n.t("S3 does not accept this secret key for {0}. Nothing was stored.", credential.accessKeyId),
        ok,
      ));
}

function detailOf({ accessKeyId, secret }: Credential, problem: string): string {
  return [
    vscode.l10n.t(
      "VS Code's secret storage does not keep it, and it is shown only here, only now. Copy it and put it in a safe place, or save it to a file that only you can read.",
    ),
    `${vscode.l10n.t("Access key ID: {0}", accessKeyId)}\n${vscode.l10n.t("Secret key: {0}", secret.reveal())}`,
    problem,
  ]
    .filter(Boolean)
    .join("\n\n");
}

async function copy({ secret }: Credential): Promise<boolean> {
  await vscode.env.clipboard.writeText(secret.reveal());
  return (await vscode.env.clipboard.readText()) === secret.reveal();
}

async function save({ name }: RgwUser, { accessKeyId, secret }: Credential): Promise<boolean> {
  const title = vscode.l10n.t("Save Secret Key");
  const uri = await vscode.window.showSaveDialog({ title, saveLabel: vscode.l10n.t("Save Secret Key") });
  if (!uri) return false;
  // What aws-cli and the SDKs read.
  const profile = name.replaceAll(/[^\w.-]+/g, "-");
  const text = `[${profile}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secret.reveal()}\n`;
  if (uri.scheme === "file") {
    // The mode counts for a new file only, and must be right before the secret is in an old one.
    await writeFile(uri.fsPath, "", { mode: 0o600 });
    await chmod(uri.fsPath, 0o600);
    await writeFile(uri.fsPath, text);
  } else {
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  }
  const open = vscode.l10n.t("Open File");
  void vscode.window
    .showInformationMessage(vscode.l10n.t("The secret key of {0} is in {1}.", name, uri.fsPath), open)
    .then((choice) => (choice === open ? vscode.window.showTextDocument(uri) : undefined));
  return true;
}
