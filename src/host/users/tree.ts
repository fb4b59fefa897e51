import { setTimeout as delay } from "node:timers/promises";
import * as vscode from "vscode";
import type { Receipt } from "../../core/rotation/journal.ts";
import { inOneLine } from "../explain.ts";
import type { Keyring } from "../keyring.ts";
import { onDidChangeKeyAge, readKeyAgeDays } from "../settings.ts";
import type { UserList, UserListState } from "../userList.ts";
import { type Row, toTooltip, toTreeItem } from "./item.ts";

export const viewId = "rgw.users";

/* Milliseconds: for what changes together to be shown at once, and until a rotation under way is looked at again. */
const gatheringPause = 100;
const runningPause = 2_000;

/**
 * The rows of the view: the list's users with what the keyring knows of them. They are gathered before VS Code is told of a
 * change and not when it asks for them, because until it has them no row can be acted on.
 */
class UserTree implements vscode.TreeDataProvider<Row> {
  readonly #list: UserList;
  readonly #keyring: Keyring;
  readonly #note: (error: unknown) => void;
  readonly #changed = new vscode.EventEmitter<void>();
  #rows: readonly Row[] = [];
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(list: UserList, keyring: Keyring, note: (error: unknown) => void) {
    this.#list = list;
    this.#keyring = keyring;
    this.#note = note;
  }

  getChildren(): Row[] {
    return [...this.#rows];
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

  /** @returns whether a rotation is under way, of whose end nobody tells if its process ends with it */
  async update(state: UserListState): Promise<boolean> {
    const rows = state.view === "ready" ? await this.#gather(state) : [];
    // What looks the same is left alone: a row is out of reach for a moment when it is exchanged.
    const isSame = JSON.stringify(rows.map(toTreeItem)) === JSON.stringify(this.#rows.map(toTreeItem));
    this.#rows = rows;
    if (!isSame) this.#changed.fire();
    return rows.some(({ rotation }) => rotation?.isRunning);
  }

  async #gather({ users }: Extract<UserListState, { view: "ready" }>): Promise<readonly Row[]> {
    const [keys, rotations] = await Promise.all([
      this.#keyring.states(users.map(({ id }) => id)),
      this.#keyring.openRotations(),
    ]);
    const aging = { days: readKeyAgeDays(), now: new Date() };
    return users.map((user) => ({ user, key: keys.get(user.id), rotation: rotations.get(user.id), aging }));
  }
}

/** Shows the list in the view, and keeps the view's texts and context keys in step with it. */
export function showUsers(list: UserList, keyring: Keyring, note: (error: unknown) => void): vscode.Disposable {
  const tree = new UserTree(list, keyring, note);
  const view = vscode.window.createTreeView(viewId, { treeDataProvider: tree, canSelectMany: true });
  const show = async (): Promise<void> => {
    const { state } = list;
    const isRunning = await tree.update(state);
    void vscode.commands.executeCommand("setContext", "rgw.view", state.view);
    view.description = state.view === "ready" || state.view === "empty" ? state.project.name : "";
    const stale = state.view === "ready" ? state.stale : undefined;
    view.message = stale && vscode.l10n.t("Could not refresh, this may be out of date. {0}", inOneLine(stale));
    if (isRunning) setTimeout(refresh, runningPause);
  };
  const refresh = gathering(show, note);
  refresh();
  return vscode.Disposable.from(
    view,
    list.onDidChange(refresh),
    keyring.onDidChange(refresh),
    keyring.onDidChangeRotations(refresh),
    onDidChangeKeyAge(refresh),
  );
}

/** Runs the work a little after it was asked for, once for all that asked meanwhile, and never twice at a time. */
function gathering(work: () => Promise<void>, note: (error: unknown) => void): () => void {
  let isWanted = false;
  let isRunning = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    while (isWanted) {
      await delay(gatheringPause);
      isWanted = false;
      await work().catch(note);
    }
    isRunning = false;
  };
  return () => {
    isWanted = true;
    if (!isRunning) void run();
  };
}
