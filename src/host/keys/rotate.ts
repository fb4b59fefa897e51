import * as vscode from "vscode";
import type { RgwUser } from "../../core/platform/schema.ts";
import { type Inspection, inspect } from "../../core/rotation/inspect.ts";
import { type Busy, type RotationPorts, alone } from "../../core/rotation/ports.ts";
import { type Rotation, rotateKey as runRotation } from "../../core/rotation/rotate.ts";
import type { Keyring } from "../keyring.ts";
import { pickUsers } from "../pickUser.ts";
import { whileWaiting } from "../progress.ts";
import type { Session } from "../session.ts";
import type { UserList } from "../userList.ts";
import { offerToKeep, rescueSecret } from "./rescue.ts";
import { rotateSeveral } from "./rotateSeveral.ts";
import { say } from "./say.ts";
import { confirmation, tellRotation } from "./words.ts";

export interface RotateParts {
  readonly session: Session;
  readonly list: UserList;
  readonly keyring: Keyring;
  /** What is known here to use a user's stored secret, in words. */
  readonly inUse: (userId: string) => Promise<readonly string[]>;
  /** For the log: something failed that nobody waits for. */
  readonly note: (error: unknown) => void;
}

/** Rotates the key of one user, or of all that are selected. */
export async function rotateKey(target: unknown, selection: unknown, parts: RotateParts): Promise<void> {
  await parts.session.required();
  const users = await pickUsers(parts.list, target, selection, vscode.l10n.t("Rotate Key"));
  const [user, ...others] = users;
  if (!user) return;
  if (others.length > 0) await rotateSeveral(users, parts);
  else await rotateOne(user, parts);
}

async function rotateOne(picked: RgwUser, parts: RotateParts): Promise<void> {
  const { client } = await parts.session.required();
  const ports = parts.keyring.rotationPorts(client);
  let inspection = await look(picked, ports);
  for (;;) {
    if ("outcome" in inspection) return say(tellRotation(picked.name, inspection), picked);
    const { user } = inspection;
    parts.list.update(user);
    if (user.locked) return say(tellRotation(user.name, { outcome: "locked", seen: "before", user }), user);
    if (!(await confirm(inspection, await parts.inUse(user.id)))) return;
    const rotation = await carryOut(inspection, ports);
    if (rotation.outcome !== "changed") return await tell(inspection.user, rotation, parts);
    ({ inspection } = rotation);
  }
}

async function look(user: RgwUser, ports: RotationPorts): Promise<Inspection | Busy> {
  const controller = new AbortController();
  return await whileWaiting(
    vscode.l10n.t("Checking what rotating the key of {0} needs…", user.name),
    alone(user.id, ports, () => inspect(user.id, ports, controller.signal)),
    () => controller.abort(),
  );
}

async function confirm(inspection: Inspection, inUse: readonly string[]): Promise<boolean> {
  const { message, detail, button } = confirmation(inspection, inUse);
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, button)) === button;
}

/** Can be cancelled until the request is sent. After that the old secret may be dead: the progress says so, and waits. */
async function carryOut({ user, concerns }: Inspection, ports: RotationPorts): Promise<Rotation> {
  const controller = new AbortController();
  const confirmed = new Set(concerns.map(({ kind }) => kind));
  const { promise: sent, resolve } = deferred();
  const rotation = runRotation(user.id, ports, { confirmed, signal: controller.signal, sent: resolve });
  // How it ended is asked below.
  const ended = rotation.then(resolve, resolve);
  await whileWaiting(vscode.l10n.t("Preparing to rotate the key of {0}…", user.name), Promise.race([sent, ended]), () =>
    controller.abort(),
  );
  return await whileWaiting(
    // Without a button VS Code shows one line of it: what counts comes first.
    vscode.l10n.t("Cannot be taken back any more: rotating the key of {0}, waiting for the outcome…", user.name),
    rotation,
  );
}

const nothing = (): void => {};

/** Node 20 has no Promise.withResolvers. */
function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = nothing;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function tell(user: RgwUser, rotation: Rotation, { list, keyring }: RotateParts): Promise<void> {
  if (rotation.outcome === "locked") list.update(rotation.user);
  if (rotation.outcome === "locked" && rotation.unsure) await offerToKeep(user, rotation, rotation.unsure, keyring);
  else if (rotation.outcome === "notStored") await rescueSecret(user, rotation.credential, keyring);
  else say(tellRotation(user.name, rotation), user);
}
