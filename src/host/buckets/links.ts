import { join } from "node:path";
import * as vscode from "vscode";
import * as z from "zod/mini";
import { Folder } from "../../core/files.ts";
import { IssuedLinks } from "../../core/links.ts";
import type { Secret } from "../../core/secret.ts";
import type { ObjectContext } from "../../protocol/bucketBrowser.ts";
import type { Keyring } from "../keyring.ts";
import { whileWaiting } from "../progress.ts";
import { readEndpoints } from "../settings.ts";
import type { Connection } from "./connection.ts";

/** What VS Code hands to a command of a row's context menu: anybody may call the command, with anything. */
const objectContext: z.ZodMiniType<Pick<ObjectContext, "id" | "bucket" | "key">> = z.object({
  webviewSection: z.literal("object"),
  id: z.string(),
  bucket: z.string().check(z.minLength(1)),
  key: z.string().check(z.minLength(1)),
});

type ObjectName = Pick<ObjectContext, "bucket" | "key">;

/** Links that are told of one by one. */
const toldAtMost = 10;

const hour = 3_600;

/*
 * The download links that are issued from here. They are secrets, and only what they lead to is remembered. This file is
 * for first use: import it then.
 */

/** Where links are signed, and where what they live and die with is kept. */
export interface LinkParts {
  readonly panels: { activeConnection(userId: string): Connection | undefined };
  readonly keyring: Pick<Keyring, "vault" | "fingerprint">;
  /** A folder on disk that all windows share. */
  readonly storage: vscode.Uri;
  readonly note: (error: unknown) => void;
}

/** Copies a link to the object whose context menu the command was called in. */
export async function copyDownloadLink(target: unknown, parts: LinkParts): Promise<void> {
  const context = objectContext.safeParse(target).data;
  const connection = context && parts.panels.activeConnection(context.id);
  if (!connection) return void explainHow();
  const seconds = await askForLife(context);
  if (seconds === undefined) return;
  const { link, secret } = await sign(context, connection, seconds);
  const expiresAt = new Date(Date.now() + seconds * 1_000);
  const { id, ...object } = context;
  // On disk before it leaves: a rotation has to know of it.
  await ledger(parts).record(id, { ...object, expiresAt }, secret);
  await vscode.env.clipboard.writeText(link.reveal());
  tell(object, link, expiresAt).catch(parts.note);
}

/** The links that die with the user's key, in words. Never fails: it must be possible to rotate without knowing them. */
export async function linksInUse(userId: string, parts: LinkParts): Promise<readonly string[]> {
  try {
    const alive = await ledger(parts).alive(userId);
    const told = alive.slice(0, toldAtMost).map(({ expiresAt, ...object }) => {
      return vscode.l10n.t("download link to {0}, valid until {1}", nameOf(object), dateText(expiresAt));
    });
    const more = alive.length - told.length;
    return more > 0 ? [...told, vscode.l10n.t("and {0} more download links", more)] : told;
  } catch (error) {
    parts.note(error);
    return [vscode.l10n.t("download links that were copied here, which could not be listed")];
  }
}

/** Forgets the links that died when the user's key became another one: rotated in whatever window, recovered, or entered. */
export async function forgetDeadLinks(userId: string, parts: LinkParts): Promise<void> {
  try {
    await ledger(parts).forgetDead(userId);
  } catch (error) {
    parts.note(error);
  }
}

async function sign(
  object: ObjectName,
  connection: Connection,
  seconds: number,
): Promise<{ readonly link: Secret; readonly secret: Secret }> {
  const controller = new AbortController();
  const signing = connection.use(async (s3, secret) => {
    // Signing asks nobody: a link made with a secret that has been rotated meanwhile would be dead from the start.
    await s3.buckets(controller.signal);
    return { link: await s3.presignDownload(object, seconds), secret };
  });
  const title = vscode.l10n.t("Checking the secret key that the link is signed with…");
  return await whileWaiting(title, signing, () => controller.abort());
}

function ledger({ storage, keyring }: LinkParts): IssuedLinks {
  const { apiUrl, s3Endpoint } = readEndpoints();
  return new IssuedLinks({
    store: new Folder(join(storage.fsPath, "links")),
    platformOrigin: apiUrl.origin,
    s3Origin: s3Endpoint.origin,
    storedKey: (userId) => keyring.vault().get(userId),
    fingerprint: (secret) => keyring.fingerprint(secret),
    now: () => new Date(),
  });
}

/** @returns seconds; nothing when the person has thought better of it */
async function askForLife(object: ObjectName): Promise<number | undefined> {
  const lives = [
    { label: vscode.l10n.t("1 hour"), seconds: hour },
    { label: vscode.l10n.t("1 day"), seconds: 24 * hour },
    { label: vscode.l10n.t("7 days"), seconds: 7 * 24 * hour },
  ];
  const items = lives.map((life) => ({
    ...life,
    description: vscode.l10n.t("until {0}", dateText(new Date(Date.now() + life.seconds * 1_000))),
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("Copy Download Link to {0}", nameOf(object)),
    placeHolder: vscode.l10n.t("How long is it valid? It dies with the key's next rotation at the latest."),
    // The panel, whose menu has just closed, may come into focus once more.
    ignoreFocusOut: true,
  });
  return picked?.seconds;
}

/** VS Code cuts a notification without buttons to one line. */
async function tell(object: ObjectName, link: Secret, expiresAt: Date): Promise<void> {
  const clear = vscode.l10n.t("Clear Clipboard");
  const choice = await vscode.window.showInformationMessage(
    vscode.l10n.t(
      "The download link to {0} is in the clipboard. Whoever has it can download the object until {1}, or until the key is rotated.",
      nameOf(object),
      dateText(expiresAt),
    ),
    clear,
  );
  if (choice !== clear) return;
  if ((await vscode.env.clipboard.readText()) === link.reveal()) await vscode.env.clipboard.writeText("");
}

/** The command was called by a keyboard shortcut, or by another extension. */
async function explainHow(): Promise<void> {
  const browse = vscode.l10n.t("Browse Buckets");
  const choice = await vscode.window.showInformationMessage(
    vscode.l10n.t("Download links are copied in the context menu of an object, in the panel that browses its bucket."),
    browse,
  );
  if (choice === browse) await vscode.commands.executeCommand("rgw.browseBuckets");
}

function dateText(date: Date): string {
  return date.toLocaleString(vscode.env.language, { dateStyle: "medium", timeStyle: "short" });
}

/** On one line, and not too long for it: a key has any characters, and up to a thousand of them. */
function nameOf({ bucket, key }: ObjectName): string {
  const name = `${bucket}/${key}`.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu, " ");
  const characters = Array.from(name);
  return characters.length <= 80 ? name : `${characters.slice(0, 30).join("")}…${characters.slice(-49).join("")}`;
}
