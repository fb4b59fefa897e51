import { open } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import type { RgwUser } from "../../core/platform/schema.ts";
import type { Recovery } from "../../core/rotation/recover.ts";
import type { Credential, Rotation } from "../../core/rotation/rotate.ts";
import { NotStoredError } from "../../core/keys/vault.ts";
import { explain, inOneLine } from "../explain.ts";
import type { Keyring } from "../keyring.ts";
import { say } from "./say.ts";
import { tellRecovery, tellRotation } from "./words.ts";

type NamedUser = Pick<RgwUser, "id" | "name">;

/**
 * The secret exists nowhere else, and its platform shows it only once: the person sees it, and is asked until it is copied,
 * saved to a file, or stored after all.
 */
export async function rescueSecret(user: NamedUser, credential: Credential, keyring: Keyring): Promise<void> {
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
        return tellKept(user, await keyring.keep(user.id, credential));
      }
      problem = "";
    } catch (error) {
      problem = problemOf(error);
    }
  }
}

/** A locked user's answer had a secret of which nobody here can tell whether it is new. Kept, S3 will tell whether it works. */
export async function offerToKeep(
  user: NamedUser,
  rotation: Rotation,
  credential: Credential,
  keyring: Keyring,
): Promise<void> {
  const keep = vscode.l10n.t("Keep Secret Key");
  if ((await vscode.window.showWarningMessage(tellRotation(user.name, rotation).text, keep)) !== keep) return;
  let recovery: Recovery;
  try {
    recovery = await keyring.keep(user.id, credential);
  } catch {
    // Why is said when it is tried again.
    return await rescueSecret(user, credential, keyring);
  }
  tellKept(user, recovery);
}

function tellKept(user: NamedUser, recovery: Recovery): void {
  const text = vscode.l10n.t("The secret key of {0} is stored.", user.name);
  say(tellRecovery(user.name, recovery) ?? { kind: "information", text, steps: ["verifyKey"] }, user);
}

/** What a window does not see it does after a reload, which would be the end of the secret. */
function problemOf(error: unknown): string {
  return error instanceof NotStoredError && error.reason === "unseen"
    ? vscode.l10n.t(
        "It could not be stored: this window does not see what another window has stored meanwhile. Copy or save the key first; then reload the window and enter it.",
      )
    : inOneLine(explain(error));
}

function detailOf({ accessKeyId, secret }: Credential, problem: string): string {
  return [
    vscode.l10n.t(
      "VS Code's secret storage does not keep it, and it is shown only here, only now. Copy it and put it in a safe place, or save it to a file.",
    ),
    `${vscode.l10n.t("Access key ID: {0}", accessKeyId)}\n${vscode.l10n.t("Secret key: {0}", secret.reveal())}`,
    problem,
  ]
    .filter(Boolean)
    .join("\n\n");
}

async function copy({ secret }: Credential): Promise<boolean> {
  await vscode.env.clipboard.writeText(secret.reveal());
  if ((await vscode.env.clipboard.readText()) !== secret.reveal()) return false;
  const text = vscode.l10n.t(
    "The secret key is in the clipboard. Put it in a safe place now; Enter Secret Key… takes it later.",
  );
  void vscode.window.showInformationMessage(text, vscode.l10n.t("OK"));
  return true;
}

async function save({ name }: NamedUser, { accessKeyId, secret }: Credential): Promise<boolean> {
  const profile = name.replaceAll(/[^\w.-]+/g, "-");
  const uri = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Save Secret Key"),
    saveLabel: vscode.l10n.t("Save Secret Key"),
    // Not the workspace, which may be a repository.
    defaultUri: vscode.Uri.file(join(homedir(), `${profile}.ini`)),
  });
  if (!uri) return false;
  // What aws-cli and the SDKs read.
  const text = `[${profile}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secret.reveal()}\n`;
  if (uri.scheme === "file") {
    await writePrivately(uri.fsPath, text);
  } else {
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  }
  const ok = vscode.l10n.t("OK");
  void vscode.window.showInformationMessage(vscode.l10n.t("The secret key of {0} is in {1}.", name, uri.fsPath), ok);
  return true;
}

/** It is the only copy: on disk when this is done, and never readable by others, where the system knows of others. */
async function writePrivately(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    // The mode above counts for a new file only.
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
