import * as vscode from "vscode";
import { Network } from "./core/network.ts";
import type { LinkParts } from "./host/buckets/links.ts";
import { BucketPanels } from "./host/buckets/panel.ts";
import { Keyring } from "./host/keyring.ts";
import { copyAccessKeyId, copySecretKey } from "./host/keys/copy.ts";
import { enterSecretKey, forgetSecretKey, verifyKey } from "./host/keys/enter.ts";
import { recoverRotations } from "./host/keys/recover.ts";
import { offerBatches } from "./host/keys/resume.ts";
import type { RotateParts } from "./host/keys/rotate.ts";
import { useBundle } from "./host/localize.ts";
import { readNetworkSettings } from "./host/networkSettings.ts";
import { Reporter } from "./host/report.ts";
import { shareSecrets } from "./host/secrets.ts";
import { Session } from "./host/session.ts";
import { onDidChangeEndpoints } from "./host/settings.ts";
import { signIn, signOut } from "./host/signIn/commands.ts";
import { UserList } from "./host/userList.ts";
import { findUser, refresh, selectProject, showProblem } from "./host/users/commands.ts";
import { keyStateDecorations } from "./host/users/item.ts";
import { showUsers } from "./host/users/tree.ts";

/* Loaded on first use: together they would be more than may be loaded at activation. */
const links = () => import("./host/buckets/links.ts");
const rotation = () => import("./host/keys/rotate.ts");
const resolving = () => import("./host/keys/resolve.ts");
const receipts = () => import("./host/keys/receipt.ts");

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
  const secrets = shareSecrets(context);
  const session = new Session(secrets, network.fetch);
  const keyring = new Keyring(secrets, context.globalStorageUri, network.fetch, (error) =>
    reporter.note("rgw.rotateKey", error),
  );
  const list = new UserList(session, context.workspaceState, (error) => reporter.note("rgw.refresh", error));
  const panels = new BucketPanels(context.extensionUri, keyring, reporter);
  const linkParts: LinkParts = {
    panels,
    keyring,
    storage: context.globalStorageUri,
    note: (error) => reporter.note("rgw.copyDownloadLink", error),
  };
  const inUse = async (userId: string): Promise<readonly string[]> => [
    ...panels.inUse(userId),
    ...(await (await links()).linksInUse(userId, linkParts)),
  ];
  const note = (error: unknown): void => reporter.note("rgw.rotateKey", error);
  const rotating: RotateParts = { session, list, keyring, inUse, note };
  const recover = reporter.guard("rgw.resolveRotation", () =>
    recoverRotations(keyring, (error) => reporter.note("rgw.resolveRotation", error)),
  );
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
    "rgw.rotateKey": async (target, selection) => (await rotation()).rotateKey(target, selection, rotating),
    "rgw.resolveRotation": async (target) => (await resolving()).resolveRotation(target, list, keyring),
    "rgw.dismissRotation": async (target) => (await resolving()).dismissRotation(target, list, keyring),
    "rgw.showReceipt": async (target) => (await receipts()).showReceipt(target, list, keyring),
    "rgw.browseBuckets": (target) => panels.browse(target, list),
    "rgw.copyDownloadLink": async (target) => (await links()).copyDownloadLink(target, linkParts),
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
    showUsers(list, keyring, (error) => reporter.note("rgw.refresh", error)),
    vscode.window.registerFileDecorationProvider(keyStateDecorations),
    session.onDidChange(() => void list.restart()),
    keyring.onDidChange(async (userId) => (await links()).forgetDeadLinks(userId, linkParts)),
    onDidChangeEndpoints(() => void list.restart()),
    ...Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, reporter.guard(id, run))),
  );
  void list.refresh();
  void keyring.leaveCanary();
  void recover();
  void offer();
}
