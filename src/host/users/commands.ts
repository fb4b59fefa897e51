import * as vscode from "vscode";
import { inOneLine } from "../explain.ts";
import type { Session } from "../session.ts";
import type { UserList } from "../userList.ts";
import { viewId } from "./tree.ts";

/** Asks which project's users to show, and remembers it for this workspace. */
export async function selectProject(session: Session, list: UserList): Promise<void> {
  const { client } = await session.required();
  const current = list.state.view === "ready" || list.state.view === "empty" ? list.state.project.id : undefined;
  const items = client.projects().then((projects) =>
    projects.map((project) => ({
      label: project.name,
      description: project.id === current ? vscode.l10n.t("shown now") : "",
      detail: project.id,
      project,
    })),
  );
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("Select Project"),
    placeHolder: vscode.l10n.t("Whose RGW users do you want to see?"),
    matchOnDetail: true,
  });
  if (picked) await list.pickProject(picked.project);
}

export async function refresh(list: UserList): Promise<void> {
  await vscode.window.withProgress({ location: { viewId } }, () => list.refresh());
}

/** The tree's own find: filters as one types. */
export async function findUser(): Promise<void> {
  await vscode.commands.executeCommand(`${viewId}.focus`);
  await vscode.commands.executeCommand("list.find");
}

/** The welcome views are fixed texts; this says what exactly happened, with the request id. */
export async function showProblem(list: UserList): Promise<void> {
  if (!("failure" in list.state)) return;
  const { failure } = list.state;
  const copy = vscode.l10n.t("Copy Request ID");
  const choice = await vscode.window.showErrorMessage(inOneLine(failure), ...(failure.requestId ? [copy] : []));
  if (choice === copy && failure.requestId) await vscode.env.clipboard.writeText(failure.requestId);
}
