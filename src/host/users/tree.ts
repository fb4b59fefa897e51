import * as vscode from "vscode";
import type { StoredKey } from "../../core/keys/vault.ts";
import type { RgwUser } from "../../core/platform/schema.ts";
import { inOneLine } from "../explain.ts";
import type { Keyring } from "../keyring.ts";
import type { UserList } from "../userList.ts";
import { toTooltip, toTreeItem } from "./item.ts";

export const viewId = "rgw.users";

interface Row {
  readonly user: RgwUser;
  readonly key: StoredKey | undefined;
}

/** The rows of the view. It keeps nothing of its own: rows are the list's users with what the keyring knows of them. */
class UserTree implements vscode.TreeDataProvider<Row> {
  readonly #list: UserList;
  readonly #keyring: Keyring;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(list: UserList, keyring: Keyring) {
    this.#list = list;
    this.#keyring = keyring;
  }

  async getChildren(): Promise<Row[]> {
    const { state } = this.#list;
    if (state.view !== "ready") return [];
    const keys = await this.#keyring.states(state.users.map(({ id }) => id));
    return state.users.map((user) => ({ user, key: keys.get(user.id) }));
  }

  getTreeItem({ user, key }: Row): vscode.TreeItem {
    return toTreeItem(user, key);
  }

  resolveTreeItem(item: vscode.TreeItem, { user, key }: Row): vscode.TreeItem {
    const { state } = this.#list;
    item.tooltip = toTooltip(user, key, state.view === "ready" ? state.project : undefined);
    return item;
  }

  refresh(): void {
    this.#changed.fire();
  }
}

/** Shows the list in the view, and keeps the view's texts and context keys in step with it. */
export function showUsers(list: UserList, keyring: Keyring): vscode.Disposable {
  const tree = new UserTree(list, keyring);
  const view = vscode.window.createTreeView(viewId, { treeDataProvider: tree, canSelectMany: false });
  const show = (): void => {
    const { state } = list;
    void vscode.commands.executeCommand("setContext", "rgw.view", state.view);
    view.description = state.view === "ready" || state.view === "empty" ? state.project.name : "";
    const stale = state.view === "ready" ? state.stale : undefined;
    view.message = stale && vscode.l10n.t("Could not refresh, this may be out of date. {0}", inOneLine(stale));
    tree.refresh();
  };
  show();
  return vscode.Disposable.from(
    view,
    list.onDidChange(show),
    keyring.onDidChange(() => tree.refresh()),
  );
}
