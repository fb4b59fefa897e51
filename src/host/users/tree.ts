import * as vscode from "vscode";
import type { Receipt } from "../../core/rotation/journal.ts";
import { inOneLine } from "../explain.ts";
import type { Keyring } from "../keyring.ts";
import { onDidChangeKeyAge, readKeyAgeDays } from "../settings.ts";
import type { UserList } from "../userList.ts";
import { type Row, toTooltip, toTreeItem } from "./item.ts";

export const viewId = "rgw.users";

/* Milliseconds. */
const refreshPause = 100;
const runningPause = 2_000;

/** The rows of the view. It keeps nothing of its own: rows are the list's users with what the keyring knows of them. */
class UserTree implements vscode.TreeDataProvider<Row> {
  readonly #list: UserList;
  readonly #keyring: Keyring;
  readonly #note: (error: unknown) => void;
  readonly #changed = new vscode.EventEmitter<void>();
  #refreshing: NodeJS.Timeout | undefined;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(list: UserList, keyring: Keyring, note: (error: unknown) => void) {
    this.#list = list;
    this.#keyring = keyring;
    this.#note = note;
  }

  async getChildren(): Promise<Row[]> {
    const { state } = this.#list;
    if (state.view !== "ready") return [];
    const [keys, rotations] = await Promise.all([
      this.#keyring.states(state.users.map(({ id }) => id)),
      this.#keyring.openRotations(),
    ]);
    // Nobody tells of the end of a rotation whose process has ended with it.
    if ([...rotations.values()].some(({ isRunning }) => isRunning)) setTimeout(() => this.refresh(), runningPause);
    const aging = { days: readKeyAgeDays(), now: new Date() };
    return state.users.map((user) => ({ user, key: keys.get(user.id), rotation: rotations.get(user.id), aging }));
  }

  getTreeItem(row: Row): vscode.TreeItem {
    return toTreeItem(row);
  }

  async resolveTreeItem(item: vscode.TreeItem, row: Row): Promise<vscode.TreeItem> {
    const { state } = this.#list;
    const project = state.view === "ready" ? state.project : undefined;
    let receipt: Receipt | undefined;
    try {
      receipt = await this.#keyring.receipt(row.user.id);
    } catch (error) {
      this.#note(error);
    }
    item.tooltip = toTooltip(row, receipt, project);
    return item;
  }

  /** A rotation changes many things in a moment, and while VS Code asks for rows anew they cannot be acted on. */
  refresh(): void {
    if (this.#refreshing) return;
    this.#refreshing = setTimeout(() => {
      this.#refreshing = undefined;
      this.#changed.fire();
    }, refreshPause);
  }
}

/** Shows the list in the view, and keeps the view's texts and context keys in step with it. */
export function showUsers(list: UserList, keyring: Keyring, note: (error: unknown) => void): vscode.Disposable {
  const tree = new UserTree(list, keyring, note);
  const view = vscode.window.createTreeView(viewId, { treeDataProvider: tree, canSelectMany: true });
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
    keyring.onDidChangeRotations(() => tree.refresh()),
    onDidChangeKeyAge(() => tree.refresh()),
  );
}
