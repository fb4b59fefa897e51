import { setTimeout as delay } from "node:timers/promises";
import * as vscode from "vscode";
import { type OldSecret, type Rotation, rotateKey as runRotation } from "../../core/keys/rotate.ts";
import type { RgwUser } from "../../core/platform/schema.ts";
import { explain, inOneLine } from "../explain.ts";
import type { Keyring } from "../keyring.ts";
import { pickUser } from "../pickUser.ts";
import type { Session } from "../session.ts";
import type { UserList } from "../userList.ts";
import { offerSecret } from "./copy.ts";

/** Users whose key is being rotated by this window. */
export type Rotating = Set<string>;

export async function rotateKey(
  target: unknown,
  session: Session,
  list: UserList,
  keyring: Keyring,
  rotating: Rotating,
): Promise<void> {
  const { client } = await session.required();
  const picked = await pickUser(list, target, vscode.l10n.t("Rotate Key"));
  if (!picked) return;
  const user = await client.user(picked.id);
  list.update(user);
  if (user.locked) return explainLocked(user);
  if (rotating.has(user.id)) {
    void vscode.window.showInformationMessage(vscode.l10n.t("The key of {0} is being rotated already.", user.name));
    return;
  }
  if (!(await confirm(user))) return;
  rotating.add(user.id);
  try {
    const rotation = await rotateWithProgress(user, session, keyring);
    await tell(user, rotation, list, keyring);
  } finally {
    rotating.delete(user.id);
  }
}

async function confirm(user: RgwUser): Promise<boolean> {
  const rotate = vscode.l10n.t("Rotate Key");
  const choice = await vscode.window.showWarningMessage(
    vscode.l10n.t("Rotate the key of {0}?", user.name),
    {
      modal: true,
      detail: [
        vscode.l10n.t(
          "The old secret key stops working at once: everything that still uses it fails until it gets the new one, and presigned links made with it die.",
        ),
        vscode.l10n.t("The access key ID stays {0}.", user.accessKeyId),
        vscode.l10n.t("The new secret key is stored in VS Code's secret storage on this computer."),
      ].join("\n\n"),
    },
    rotate,
  );
  return choice === rotate;
}

async function rotateWithProgress(user: RgwUser, session: Session, keyring: Keyring): Promise<Rotation> {
  const { client } = await session.required();
  const vault = keyring.vault();
  return await vscode.window.withProgress(
    // Not cancellable: once the request is sent the old secret may be dead.
    { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t("Rotating the key of {0}…", user.name) },
    () =>
      runRotation({
        readUser: () => client.user(user.id),
        checkStorage: () => vault.check(),
        storedSecret: async () => (await vault.get(user.id))?.secret,
        renewKey: () => client.renewKey(user.id),
        hold: (accessKeyId, secret) => vault.hold(user.id, accessKeyId, secret, new Date()),
        judge: (accessKeyId, secret) => keyring.judge(accessKeyId, secret),
        accept: (accessKeyId, secret) => vault.accept(user.id, accessKeyId, secret, new Date()),
        wait: async (milliseconds) => {
          await delay(milliseconds);
        },
      }),
  );
}

async function tell(user: RgwUser, rotation: Rotation, list: UserList, keyring: Keyring): Promise<void> {
  switch (rotation.outcome) {
    case "locked":
      list.update({ ...user, locked: true });
      return explainLocked(user, rotation.seen === "meanwhile");
    case "rotated":
      return say(
        "information",
        vscode.l10n.t("The key of {0} is rotated and verified: S3 accepts the new secret key.", user.name),
        ["copySecretKey", "browseBuckets"],
        user,
      );
    case "unproven": {
      const stored = vscode.l10n.t(
        "The key of {0} is rotated and the new secret key is stored, but S3 has not accepted it yet.",
        user.name,
      );
      return say("warning", `${stored} ${inOneLine(explain(rotation.error))}`, ["verifyKey", "copySecretKey"], user);
    }
    case "unchanged": {
      const unchanged = vscode.l10n.t(
        "The key of {0} was not rotated: the platform answered the secret key that is stored already. It stays as it is.",
        user.name,
      );
      return say("warning", unchanged, ["verifyKey"], user);
    }
    case "notStored":
      return offerSecret(user, rotation.credential);
    case "masked": {
      const masked = vscode.l10n.t(
        "The platform answered without a readable secret key for {0}. Nothing was stored.",
        user.name,
      );
      return await tellLoss(user, masked, rotation.oldSecret, keyring);
    }
    case "lost": {
      const { title, requestId } = explain(rotation.error);
      const request = requestId && vscode.l10n.t("Request ID: {0}", requestId);
      const lost = vscode.l10n.t("No usable answer came to the rotation of {0}.", user.name);
      return await tellLoss(user, [lost, title, request].filter(Boolean).join(" "), rotation.oldSecret, keyring);
    }
  }
}

/** No new secret came. What became of the old one says what happened, and what to do. */
async function tellLoss(user: RgwUser, what: string, oldSecret: OldSecret, keyring: Keyring): Promise<void> {
  if (oldSecret === "rejected") await keyring.noteRejected(user.id);
  const words: Readonly<Record<OldSecret, string>> = {
    accepted: vscode.l10n.t("S3 still accepts the stored secret key, so nothing was rotated. You can try again."),
    rejected: vscode.l10n.t(
      "S3 rejects the stored secret key, so the key was rotated and the new secret key is lost. Rotate the key once more to get a working one.",
    ),
    undecided: vscode.l10n.t(
      "S3 did not say whether the stored secret key still works. Verify the stored key before you try again.",
    ),
    none: vscode.l10n.t(
      "No secret key was stored here, so it cannot be told whether the key was rotated. If nothing works with the old secret key any more, rotate the key once more.",
    ),
  };
  say("error", `${what} ${words[oldSecret]}`, [oldSecret === "undecided" ? "verifyKey" : "rotateKey", "showLog"], user);
}

function explainLocked(user: RgwUser, meanwhile = false): void {
  const why = meanwhile
    ? vscode.l10n.t("The key of {0} was not rotated: the user was locked meanwhile.", user.name)
    : vscode.l10n.t("The key of {0} cannot be rotated: the user is locked.", user.name);
  const next = vscode.l10n.t("Nothing was changed. Ask a platform administrator to unlock the user.");
  say("warning", `${why} ${next}`, ["refresh"], user);
}

const steps = {
  copySecretKey: () => vscode.l10n.t("Copy Secret Key"),
  browseBuckets: () => vscode.l10n.t("Browse Buckets"),
  verifyKey: () => vscode.l10n.t("Verify Stored Key"),
  rotateKey: () => vscode.l10n.t("Rotate Key…"),
  refresh: () => vscode.l10n.t("Refresh"),
  showLog: () => vscode.l10n.t("Show Log"),
} as const;

/**
 * Tells a person what came of it, with what they may do next. Not awaited: the rotation is over, whether or not somebody
 * answers. VS Code cuts a notification without buttons to one line, so that each has one.
 */
function say(
  kind: "information" | "warning" | "error",
  message: string,
  next: readonly (keyof typeof steps)[],
  user: RgwUser,
): void {
  const { showInformationMessage, showWarningMessage, showErrorMessage } = vscode.window;
  const show = { information: showInformationMessage, warning: showWarningMessage, error: showErrorMessage }[kind];
  const items = next.map((step) => ({ title: steps[step](), step }));
  void show(message, ...items).then((choice) => choice && vscode.commands.executeCommand(`rgw.${choice.step}`, user));
}
