import * as vscode from "vscode";
import { Secret } from "../../core/secret.ts";
import { readEndpoints } from "../settings.ts";
import { toSignal } from "../signal.ts";
import type { Session } from "../session.ts";

const { window } = vscode;

/** Asks for a token, or for e-mail address and password, and keeps what the platform accepts. */
export async function signIn(session: Session): Promise<void> {
  const { host } = readEndpoints().apiUrl;
  const title = vscode.l10n.t("Sign In to {0}", host);
  const way = await window.showQuickPick(
    [
      {
        id: "token",
        label: vscode.l10n.t("$(key) API token"),
        detail: vscode.l10n.t("A token that you made for yourself, such as bnerd_tok_…"),
      },
      {
        id: "login",
        label: vscode.l10n.t("$(account) E-mail and password"),
        detail: vscode.l10n.t("The password is used once and not kept."),
      },
    ] as const,
    { title, placeHolder: vscode.l10n.t("How do you want to sign in?") },
  );
  if (!way) return;
  const account = way.id === "token" ? await signInWithToken(session, title) : await signInWithPassword(session, title);
  if (account !== undefined)
    void window.showInformationMessage(vscode.l10n.t("Signed in to {0} as {1}.", host, account));
}

export async function signOut(session: Session): Promise<void> {
  const { host } = readEndpoints().apiUrl;
  await session.signOut();
  void window.showInformationMessage(
    vscode.l10n.t("Signed out of {0}. The secret keys stored on this computer are kept.", host),
  );
}

async function signInWithToken(session: Session, title: string): Promise<string | undefined> {
  const token = await ask({
    title,
    prompt: vscode.l10n.t("Paste your API token. It is kept in VS Code's secret storage."),
    password: true,
  });
  // What a person copies often brings the header's first word along.
  const value = token?.replace(/^Bearer\s+/i, "");
  if (!value) return undefined;
  return await checking((signal) => session.signIn(new Secret(value), signal));
}

async function signInWithPassword(session: Session, title: string): Promise<string | undefined> {
  const login = await ask({ title, prompt: vscode.l10n.t("E-mail address"), placeHolder: "you@example.com" });
  if (!login) return undefined;
  const password = await ask(
    { title, prompt: vscode.l10n.t("Password of {0}", login), password: true },
    { trim: false },
  );
  if (!password) return undefined;
  return await checking(async (signal) => session.signIn(await session.login(login, password, signal), signal));
}

async function ask(options: vscode.InputBoxOptions, { trim } = { trim: true }): Promise<string | undefined> {
  const value = await window.showInputBox({ ...options, ignoreFocusOut: true });
  return trim ? value?.trim() : value;
}

async function checking<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return await window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t("Signing in…"), cancellable: true },
    (_, token) => work(toSignal(token)),
  );
}
