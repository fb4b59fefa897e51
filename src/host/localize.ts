import * as l10n from "@vscode/l10n";
import * as vscode from "vscode";

/** Gives the texts that do not go through VS Code's API the bundle that VS Code has loaded for the display language. */
export function useBundle(): void {
  if (vscode.l10n.bundle) l10n.config({ contents: vscode.l10n.bundle });
}
