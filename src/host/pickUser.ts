import * as vscode from "vscode";
import type { RgwUser } from "../core/platform/schema.ts";
import { SignedOutError } from "./explain.ts";
import type { UserList } from "./userList.ts";

/**
 * The user that a command is about: the one it was called on (a row of the tree, or a user), or the one a person picks.
 * @returns nothing when the person picks none
 */
export async function pickUser(list: UserList, target: unknown, title: string): Promise<RgwUser | undefined> {
  if (list.state.view !== "ready") await list.refresh();
  const id = userIdOf(target);
  const user = id === undefined ? undefined : list.find(id);
  if (user) return user;
  const { view } = list.state;
  if (view === "signedOut" || view === "expired") throw new SignedOutError();
  if (view === "chooseProject") await vscode.commands.executeCommand("rgw.selectProject");
  return await ask(list, title);
}

/**
 * The users that a command is about, where it can be about several: those that are selected in the tree, if the command was
 * called on one of them. Never one twice.
 */
export async function pickUsers(
  list: UserList,
  target: unknown,
  selection: unknown,
  title: string,
): Promise<readonly RgwUser[]> {
  const ids = Array.isArray(selection) ? selection.map(userIdOf) : [];
  if (ids.length > 1 && ids.includes(userIdOf(target))) {
    const users = [...new Set(ids)].map((id) => (id === undefined ? undefined : list.find(id)));
    return users.filter((user) => user !== undefined);
  }
  const user = await pickUser(list, target, title);
  return user ? [user] : [];
}

async function ask(list: UserList, title: string): Promise<RgwUser | undefined> {
  const users = list.state.view === "ready" ? list.state.users : [];
  const items = users.map((user) => ({
    label: `$(${user.locked ? "lock" : "unlock"}) ${user.name}`,
    description: user.accessKeyId,
    ...(user.locked && { detail: vscode.l10n.t("locked") }),
    user,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: items.length > 0 ? vscode.l10n.t("Which user?") : vscode.l10n.t("There are no users to pick from"),
    matchOnDescription: true,
  });
  return picked?.user;
}

/** A `view/title` command gets the focused row as its argument, a menu the row it was opened on, code a user. */
function userIdOf(target: unknown): string | undefined {
  if (typeof target !== "object" || target === null) return undefined;
  const candidate = "user" in target ? target.user : target;
  if (typeof candidate !== "object" || candidate === null || !("id" in candidate)) return undefined;
  return typeof candidate.id === "string" ? candidate.id : undefined;
}
