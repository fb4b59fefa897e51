import * as vscode from "vscode";
import type { Message, Step } from "./words.ts";

const labels: Readonly<Record<Step, () => string>> = {
  copySecretKey: () => vscode.l10n.t("Copy Secret Key"),
  browseBuckets: () => vscode.l10n.t("Browse Buckets"),
  verifyKey: () => vscode.l10n.t("Verify Stored Key"),
  rotateKey: () => vscode.l10n.t("Rotate Key…"),
  enterSecretKey: () => vscode.l10n.t("Enter Secret Key…"),
  resolveRotation: () => vscode.l10n.t("Resolve Rotation"),
  dismissRotation: () => vscode.l10n.t("Dismiss…"),
  showReceipt: () => vscode.l10n.t("Show Receipt"),
  refresh: () => vscode.l10n.t("Refresh"),
  showLog: () => vscode.l10n.t("Show Log"),
};

/**
 * Tells a person what came of it, with what they may do next. Not awaited: it is over, whether or not somebody answers.
 * VS Code cuts a notification without buttons to one line, so that each has one.
 */
export function say({ kind, text, steps }: Message, user: { readonly id: string }): void {
  const { showInformationMessage, showWarningMessage, showErrorMessage } = vscode.window;
  const show = { information: showInformationMessage, warning: showWarningMessage, error: showErrorMessage }[kind];
  const items = steps.map((step) => ({ title: labels[step](), step }));
  void show(text, ...items).then((choice) => choice && vscode.commands.executeCommand(`rgw.${choice.step}`, user));
}
