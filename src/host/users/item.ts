import * as vscode from "vscode";
import { oldAge } from "../../core/keys/age.ts";
import { type KeyState, type StoredKey, keyState } from "../../core/keys/vault.ts";
import type { Project, RgwUser } from "../../core/platform/schema.ts";
import type { Receipt } from "../../core/rotation/journal.ts";
import type { OpenRotation } from "../keyring.ts";
import { findingWords } from "../findings.ts";

/** A user with all that is known here of its key. */
export interface Row {
  readonly user: RgwUser;
  readonly key: StoredKey | undefined;
  /** A rotation that is not done. */
  readonly rotation: OpenRotation | undefined;
  /** After how many days a key counts as old, if it ever does. */
  readonly aging: { readonly days: number | undefined; readonly now: Date };
}

/** What a row says of a key: how it stands, unless a rotation leaves that open. */
type Standing = KeyState | "rotating" | "interrupted";

/** One user as a row of the tree: the lock is an icon, a `contextValue` and part of the accessible label, together. */
export function toTreeItem(row: Row): vscode.TreeItem {
  const { user, rotation } = row;
  const standing = standingOf(row);
  const age = ageWords(row);
  const item = new vscode.TreeItem(user.name);
  item.id = user.id;
  // The words first: a narrow view cuts the end.
  item.description = [standingWords(standing, rotation), age, user.accessKeyId].filter(Boolean).join(" · ");
  item.iconPath = new vscode.ThemeIcon(user.locked ? "lock" : "unlock");
  item.contextValue = [
    "user",
    user.locked ? "locked" : "unlocked",
    row.key ? "key" : "noKey",
    ...(standing === "interrupted" ? ["interrupted"] : []),
  ].join(" ");
  item.resourceUri = standingUri(user.id, standing);
  item.accessibilityInformation = { label: accessibleLabel(row, standing, age) };
  item.command = { command: "rgw.browseBuckets", title: vscode.l10n.t("Browse Buckets"), arguments: [user] };
  return item;
}

function standingOf({ key, rotation }: Row): Standing {
  if (!rotation) return keyState(key);
  return rotation.isRunning ? "rotating" : "interrupted";
}

function standingWords(standing: Standing, rotation: OpenRotation | undefined): string {
  const words: Readonly<Record<Standing, string>> = {
    none: vscode.l10n.t("no key stored"),
    stored: vscode.l10n.t("key stored"),
    accepted: vscode.l10n.t("key works"),
    rejected: vscode.l10n.t("key rejected"),
    rotating: vscode.l10n.t("key is being rotated"),
    interrupted:
      rotation?.finding === "lost"
        ? vscode.l10n.t("new key lost: rotate again")
        : vscode.l10n.t("rotation interrupted"),
  };
  return words[standing];
}

/** Said of keys that are older than the person wants them to be, and of no others. */
function ageWords({ key, aging: { days, now } }: Row): string {
  const age = oldAge(key?.rotatedAt, now, days);
  return age === undefined ? "" : vscode.l10n.t("{0} days old", age);
}

/** A tree row has room for one icon, which is the lock; the key's is a file decoration on this URI. */
const standingScheme = "rgw-key-state";

function standingUri(userId: string, standing: Standing): vscode.Uri {
  return vscode.Uri.from({ scheme: standingScheme, path: `/${userId}`, query: standing });
}

export const keyStateDecorations: vscode.FileDecorationProvider = {
  provideFileDecoration(uri) {
    if (uri.scheme !== standingScheme) return undefined;
    const standing = uri.query as Standing;
    const tooltip = standingSentence(standing);
    const color = new vscode.ThemeColor("list.warningForeground");
    switch (standing) {
      case "none":
        return undefined;
      case "stored":
        return { badge: "?", tooltip };
      case "accepted":
        return { badge: "✓", tooltip };
      case "rotating":
        return { badge: "…", tooltip };
      case "rejected":
      case "interrupted":
        return { badge: "!", tooltip, color };
    }
  },
};

function standingSentence(standing: Standing): string {
  const sentences: Readonly<Record<Standing, string>> = {
    none: vscode.l10n.t("no secret key stored here"),
    stored: vscode.l10n.t("secret key stored, not verified yet"),
    accepted: vscode.l10n.t("secret key stored and accepted by S3"),
    rejected: vscode.l10n.t("secret key stored but rejected by S3: it was rotated elsewhere"),
    rotating: vscode.l10n.t("the key is being rotated"),
    interrupted: vscode.l10n.t("a rotation of the key was interrupted and is not cleared up yet"),
  };
  return sentences[standing];
}

function lockWord({ locked }: RgwUser): string {
  return locked ? vscode.l10n.t("locked") : vscode.l10n.t("unlocked");
}

function accessibleLabel({ user }: Row, standing: Standing, age: string): string {
  const accessKeyId = user.accessKeyId && vscode.l10n.t("access key ID {0}", user.accessKeyId);
  return [user.name, lockWord(user), accessKeyId, standingSentence(standing), age].filter(Boolean).join(", ");
}

/** Made when it is asked for: thousands of rows would carry it for nothing. */
export function toTooltip(row: Row, receipt: Receipt | undefined, project: Project | undefined): vscode.MarkdownString {
  const { user, rotation } = row;
  const standing = standingOf(row);
  const text = new vscode.MarkdownString("", true);
  // Names come from elsewhere: as text they can neither format nor link.
  text.appendText(user.name).appendMarkdown("\n\n");
  const line = (icon: string, label: string, value: string): void => {
    if (value) text.appendMarkdown(`$(${icon}) `).appendText(`${label}: ${value}`).appendMarkdown("\n\n");
  };
  // Text has spaces at which no line breaks; our own sentences are long, and safe as Markdown.
  const sentence = (icon: string, label: string, value: string): void => {
    text.appendMarkdown(`$(${icon}) ${label}: ${value}\n\n`);
  };
  sentence(user.locked ? "lock" : "unlock", vscode.l10n.t("State"), lockedSentence(user));
  line("key", vscode.l10n.t("Access key ID"), user.accessKeyId);
  sentence(standingIcons[standing], vscode.l10n.t("Key"), standingSentence(standing));
  if (standing === "interrupted" && rotation?.finding) {
    sentence("info", vscode.l10n.t("What is known"), findingWords(rotation.finding));
  }
  line("history", vscode.l10n.t("Last rotation from here"), lastRotation(row, receipt));
  line("dashboard", vscode.l10n.t("Quota"), quotaWords(user));
  line("project", vscode.l10n.t("Project"), project?.name ?? user.projectId);
  return text;
}

/** A key may be forgotten here; that it was rotated is known all the same. */
function lastRotation(row: Row, receipt: Receipt | undefined): string {
  const at = row.key?.rotatedAt ?? (row.key ? undefined : receipt?.finishedAt);
  if (!at) return vscode.l10n.t("none");
  return [at.toLocaleString(vscode.env.language), ageWords(row)].filter(Boolean).join(", ");
}

const standingIcons: Readonly<Record<Standing, string>> = {
  none: "circle-slash",
  stored: "question",
  accepted: "pass",
  rejected: "warning",
  rotating: "sync",
  interrupted: "warning",
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
