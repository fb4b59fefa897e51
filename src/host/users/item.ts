import * as vscode from "vscode";
import { type KeyState, type StoredKey, keyState } from "../../core/keys/vault.ts";
import type { Project, RgwUser } from "../../core/platform/schema.ts";

/** One user as a row of the tree: the lock is an icon, a `contextValue` and part of the accessible label, together. */
export function toTreeItem(user: RgwUser, key: StoredKey | undefined): vscode.TreeItem {
  const state = keyState(key);
  const item = new vscode.TreeItem(user.name);
  item.id = user.id;
  // The words first: a narrow view cuts the end.
  item.description = [keyWords(state), user.accessKeyId].filter(Boolean).join(" · ");
  item.iconPath = new vscode.ThemeIcon(user.locked ? "lock" : "unlock");
  item.contextValue = ["user", user.locked ? "locked" : "unlocked", state === "none" ? "noKey" : "key"].join(" ");
  item.resourceUri = keyStateUri(user.id, state);
  item.accessibilityInformation = { label: accessibleLabel(user, state) };
  item.command = { command: "rgw.browseBuckets", title: vscode.l10n.t("Browse Buckets"), arguments: [user] };
  return item;
}

function keyWords(state: KeyState): string {
  const words: Readonly<Record<KeyState, string>> = {
    none: vscode.l10n.t("no key stored"),
    stored: vscode.l10n.t("key stored"),
    accepted: vscode.l10n.t("key works"),
    rejected: vscode.l10n.t("key rejected"),
  };
  return words[state];
}

/** A tree row has room for one icon, which is the lock; the key's is a file decoration on this URI. */
const keyStateScheme = "rgw-key-state";

function keyStateUri(userId: string, state: KeyState): vscode.Uri {
  return vscode.Uri.from({ scheme: keyStateScheme, path: `/${userId}`, query: state });
}

export const keyStateDecorations: vscode.FileDecorationProvider = {
  provideFileDecoration(uri) {
    if (uri.scheme !== keyStateScheme) return undefined;
    switch (uri.query as KeyState) {
      case "none":
        return undefined;
      case "stored":
        return { badge: "?", tooltip: keySentence("stored") };
      case "accepted":
        return { badge: "✓", tooltip: keySentence("accepted") };
      case "rejected":
        return {
          badge: "!",
          tooltip: keySentence("rejected"),
          color: new vscode.ThemeColor("list.warningForeground"),
        };
    }
  },
};

function keySentence(state: KeyState): string {
  const sentences: Readonly<Record<KeyState, string>> = {
    none: vscode.l10n.t("no secret key stored here"),
    stored: vscode.l10n.t("secret key stored, not verified yet"),
    accepted: vscode.l10n.t("secret key stored and accepted by S3"),
    rejected: vscode.l10n.t("secret key stored but rejected by S3: it was rotated elsewhere"),
  };
  return sentences[state];
}

function lockWord({ locked }: RgwUser): string {
  return locked ? vscode.l10n.t("locked") : vscode.l10n.t("unlocked");
}

function accessibleLabel(user: RgwUser, state: KeyState): string {
  const accessKeyId = user.accessKeyId && vscode.l10n.t("access key ID {0}", user.accessKeyId);
  return [user.name, lockWord(user), accessKeyId, keySentence(state)].filter(Boolean).join(", ");
}

/** Made when it is asked for: thousands of rows would carry it for nothing. */
export function toTooltip(
  user: RgwUser,
  key: StoredKey | undefined,
  project: Project | undefined,
): vscode.MarkdownString {
  const text = new vscode.MarkdownString("", true);
  // Names come from elsewhere: as text they can neither format nor link.
  text.appendText(user.name).appendMarkdown("\n\n");
  const line = (icon: string, label: string, value: string): void => {
    if (value) text.appendMarkdown(`$(${icon}) `).appendText(`${label}: ${value}`).appendMarkdown("\n\n");
  };
  line(user.locked ? "lock" : "unlock", vscode.l10n.t("State"), lockedSentence(user));
  line("key", vscode.l10n.t("Access key ID"), user.accessKeyId);
  line(keyIcons[keyState(key)], vscode.l10n.t("Key"), keySentence(keyState(key)));
  line(
    "history",
    vscode.l10n.t("Last rotation from here"),
    key?.rotatedAt?.toLocaleString(vscode.env.language) ?? vscode.l10n.t("none"),
  );
  line("dashboard", vscode.l10n.t("Quota"), quotaWords(user));
  line("project", vscode.l10n.t("Project"), project?.name ?? user.projectId);
  return text;
}

const keyIcons: Readonly<Record<KeyState, string>> = {
  none: "circle-slash",
  stored: "question",
  accepted: "pass",
  rejected: "warning",
};

function lockedSentence({ locked }: RgwUser): string {
  return locked
    ? vscode.l10n.t("locked: the key cannot be rotated until a platform administrator unlocks the user")
    : vscode.l10n.t("unlocked");
}

/** The platform counts in KB of 1,024 bytes; -1 means no limit. */
function quotaWords({ quota }: RgwUser): string {
  if (!quota) return vscode.l10n.t("unknown");
  if (!quota.enabled || quota.maxSizeKb < 0) return vscode.l10n.t("unlimited");
  const units = ["KB", "MB", "GB", "TB", "PB"];
  let size = quota.maxSizeKb;
  let unit = 0;
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  const number = new Intl.NumberFormat(vscode.env.language, { maximumFractionDigits: 1 }).format(size);
  return `${number} ${units[unit] ?? ""}`;
}
