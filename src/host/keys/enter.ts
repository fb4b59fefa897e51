import * as vscode from "vscode";
import { Secret } from "../../core/secret.ts";
import type { Keyring } from "../keyring.ts";
import { pickUser } from "../pickUser.ts";
import type { UserList } from "../userList.ts";

/** Stores a secret key that a person has already, once S3 accepts it. */
export async function enterSecretKey(target: unknown, list: UserList, keyring: Keyring): Promise<void> {
  const title = vscode.l10n.t("Enter Secret Key");
  const user = await pickUser(list, target, title);
  if (!user) return;
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t("Enter Secret Key of {0}", user.name),
    prompt: vscode.l10n.t(
      "The secret key of access key ID {0}. It is checked against S3 before it is stored.",
      user.accessKeyId,
    ),
    password: true,
    ignoreFocusOut: true,
  });
  const value = text?.trim();
  if (!value) return;
  const secret = new Secret(value);
  const verdict = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t("Checking the secret key…") },
    () => keyring.judge(user.accessKeyId, secret),
  );
  if (verdict.verdict === "accepted") {
    await keyring.enter(user.id, { accessKeyId: user.accessKeyId, secret });
    void vscode.window.showInformationMessage(
      vscode.l10n.t("The secret key of {0} is stored: S3 accepts it.", user.name),
    );
    return;
  }
  if (verdict.verdict === "undecided") throw verdict.error;
  const again = vscode.l10n.t("Enter Again");
  const choice = await vscode.window.showErrorMessage(
    vscode.l10n.t("S3 does not accept this secret key for {0}. Nothing was stored.", user.accessKeyId),
    again,
  );
  if (choice === again) await enterSecretKey(user, list, keyring);
}

export async function forgetSecretKey(target: unknown, list: UserList, keyring: Keyring): Promise<void> {
  const user = await pickUser(list, target, vscode.l10n.t("Forget Secret Key"));
  if (!user) return;
  if (!(await keyring.vault().get(user.id))) {
    void vscode.window.showInformationMessage(vscode.l10n.t("No secret key is stored for {0}.", user.name));
    return;
  }
  const forget = vscode.l10n.t("Forget Secret Key");
  const choice = await vscode.window.showWarningMessage(
    vscode.l10n.t("Forget the secret key of {0}?", user.name),
    {
      modal: true,
      detail: vscode.l10n.t(
        "It is removed from this computer and nobody can show it again. The key itself stays valid. If nobody else has it, the only way to a working key is to rotate it.",
      ),
    },
    forget,
  );
  if (choice === forget) await keyring.forget(user.id);
}

/** Asks S3 about the stored key. */
export async function verifyKey(target: unknown, list: UserList, keyring: Keyring): Promise<void> {
  const user = await pickUser(list, target, vscode.l10n.t("Verify Stored Key"));
  if (!user) return;
  const state = await vscode.window.withProgress({ location: { viewId: "rgw.users" } }, () => keyring.verify(user.id));
  if (state === "accepted") {
    void vscode.window.showInformationMessage(vscode.l10n.t("S3 accepts the stored secret key of {0}.", user.name));
    return;
  }
  const finding = (await keyring.openRotations()).get(user.id)?.finding;
  if (finding) {
    const [{ tellFinding }, { say }] = await Promise.all([import("./words.ts"), import("./say.ts")]);
    return say(tellFinding(user.name, finding), user);
  }
  const rotate = vscode.l10n.t("Rotate Key…");
  const enter = vscode.l10n.t("Enter Secret Key…");
  const choice = await vscode.window.showWarningMessage(
    vscode.l10n.t("S3 rejects the stored secret key of {0}: the key was rotated somewhere else.", user.name),
    enter,
    rotate,
  );
  if (choice === enter) await vscode.commands.executeCommand("rgw.enterSecretKey", user);
  if (choice === rotate) await vscode.commands.executeCommand("rgw.rotateKey", user);
}
