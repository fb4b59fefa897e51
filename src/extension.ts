import * as vscode from "vscode";
import { Network } from "./core/network.ts";
import { BucketPanels } from "./host/buckets/panel.ts";
import { Keyring } from "./host/keyring.ts";
import { copyAccessKeyId, copySecretKey } from "./host/keys/copy.ts";
import { enterSecretKey, forgetSecretKey, verifyKey } from "./host/keys/enter.ts";
import { showReceipt } from "./host/keys/receipt.ts";
import { dismissRotation, recoverRotations, resolveRotation } from "./host/keys/resolve.ts";
import { type RotateParts, rotateKey } from "./host/keys/rotate.ts";
import { offerBatches } from "./host/keys/rotateSeveral.ts";
import { useBundle } from "./host/localize.ts";
import { readNetworkSettings } from "./host/networkSettings.ts";
import { Reporter } from "./host/report.ts";
import { Session } from "./host/session.ts";
import { onDidChangeEndpoints } from "./host/settings.ts";
import { signIn, signOut } from "./host/signIn/commands.ts";
import { UserList } from "./host/userList.ts";
import { findUser, refresh, selectProject, showProblem } from "./host/users/commands.ts";
import { keyStateDecorations } from "./host/users/item.ts";
import { showUsers } from "./host/users/tree.ts";

/** Builds every object, in order, and registers it. */
export function activate(context: vscode.ExtensionContext): void {
  useBundle();
  const log = vscode.window.createOutputChannel("RGW Keyring", { log: true });
  const reporter = new Reporter(log);
  const network = new Network({
    settings: readNetworkSettings,
    env: process.env,
    vscodeFetch: () => globalThis.fetch,
  });
  const session = new Session(context.secrets, network.fetch);
  const keyring = new Keyring(context.secrets, context.globalStorageUri, network.fetch, (error) =>
    reporter.note("rgw.rotateKey", error),
  );
  const list = new UserList(session, context.workspaceState, (error) => reporter.note("rgw.refresh", error));
  const panels = new BucketPanels(context.extensionUri, keyring, reporter);
  const rotating: RotateParts = { session, list, keyring, inUse: async (userId) => panels.inUse(userId) };
  const recover = reporter.guard("rgw.resolveRotation", () => recoverRotations(keyring));
  const offer = reporter.guard("rgw.rotateKey", () => offerBatches(rotating));

  const commands: Readonly<Record<string, (target?: unknown, selection?: unknown) => Promise<void>>> = {
    "rgw.signIn": () => signIn(session),
    "rgw.signOut": () => signOut(session),
    "rgw.selectProject": () => selectProject(session, list),
    "rgw.refresh": async () => {
      await refresh(list);
      await recover();
    },
    "rgw.findUser": () => findUser(),
    "rgw.showProblem": () => showProblem(list),
    "rgw.rotateKey": (target, selection) => rotateKey(target, selection, rotating),
    "rgw.resolveRotation": (target) => resolveRotation(target, list, keyring),
    "rgw.dismissRotation": (target) => dismissRotation(target, list, keyring),
    "rgw.showReceipt": (target) => showReceipt(target, list, keyring),
    "rgw.browseBuckets": (target) => panels.browse(target, list),
    "rgw.copyAccessKeyId": (target) => copyAccessKeyId(target, list),
    "rgw.copySecretKey": (target) => copySecretKey(target, list, keyring),
    "rgw.enterSecretKey": (target) => enterSecretKey(target, list, keyring),
    "rgw.forgetSecretKey": (target) => forgetSecretKey(target, list, keyring),
    "rgw.verifyKey": (target) => verifyKey(target, list, keyring),
    "rgw.showLog": async () => log.show(),
    "rgw.openSettings": async () => {
      await vscode.commands.executeCommand("workbench.action.openSettings", `@ext:${context.extension.id}`);
    },
  };

  context.subscriptions.push(
    log,
    session,
    keyring,
    list,
    panels,
    { dispose: () => void network.close() },
    showUsers(list, keyring),
    vscode.window.registerFileDecorationProvider(keyStateDecorations),
    session.onDidChange(() => void list.restart()),
    onDidChangeEndpoints(() => void list.restart()),
    ...Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, reporter.guard(id, run))),
  );
  void list.refresh();
  void keyring.leaveCanary();
  void recover();
  void offer();
}
