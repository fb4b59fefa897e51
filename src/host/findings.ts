import * as l10n from "@vscode/l10n";
import type { Finding } from "../core/rotation/journal.ts";

/** What is known of a rotation that was interrupted, and what to do. Without VS Code's API, as in explain.ts. */
export function findingWords(finding: Finding): string {
  const words: Readonly<Record<Finding, string>> = {
    lost: l10n.t(
      "S3 rejects the stored secret key, so the key was rotated and the new secret key is lost. Rotate the key once more to get a working one.",
    ),
    notStored: l10n.t(
      "The key was rotated, but VS Code's secret storage did not keep the new secret key. Enter it if you copied or saved it; otherwise rotate the key once more.",
    ),
    unproven: l10n.t(
      "The new secret key is stored, but S3 has not said yet that it accepts it. Verify the stored key when S3 can be reached.",
    ),
    undecided: l10n.t(
      "S3 did not say whether the stored secret key still works, so it is not known whether the key was rotated. Ask again when S3 can be reached.",
    ),
    unprovable: l10n.t(
      "No secret key that worked before is stored here, so it cannot be told whether the key was rotated. If nothing works with the old secret key any more, rotate the key once more.",
    ),
  };
  return words[finding];
}
