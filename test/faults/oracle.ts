import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { type KeyState, candidates, keyState } from "../../src/core/keys/vault.ts";
import { settleKey } from "../../src/core/keys/settle.ts";
import { alone } from "../../src/core/rotation/ports.ts";
import { type Recovery, recoverRotation } from "../../src/core/rotation/recover.ts";
import type { Rotation } from "../../src/core/rotation/rotate.ts";
import { explain, inOneLine } from "../../src/host/explain.ts";
import { tellRecovery, tellRotation } from "../../src/host/keys/words.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { RgwUser } from "../sandbox/users.ts";
import type { Computer } from "./computer.ts";

/** What the extension tells the person about the live secret. */
export type Claim =
  /** It is stored here. */
  | "rotated"
  /** Nothing was changed. */
  | "kept"
  /** Nothing was done, for a reason that has words of its own. */
  | "refused"
  /** It is not stored here. */
  | "lost"
  /** It is stored nowhere, and was shown to the person. */
  | "handed"
  /** It is not known whether it is stored here; or it is, and not proved. */
  | "unknown";

/** How a rotation ended: with an outcome, or with an error. */
export type Ending = { readonly rotation: Rotation } | { readonly error: unknown };

export interface Told {
  readonly claim: Claim;
  readonly text: string;
}

export function told(userName: string, ending: Ending): Told {
  if ("error" in ending) return { claim: "refused", text: inOneLine(explain(ending.error)) };
  const { rotation } = ending;
  return { claim: claimOf(rotation), text: tellRotation(userName, rotation).text };
}

function claimOf(rotation: Rotation): Claim {
  switch (rotation.outcome) {
    case "rotated":
      return "rotated";
    case "busy":
    case "changed":
    case "locked":
    case "unchanged":
      return "kept";
    case "unproven":
      return "unknown";
    case "superseded":
      return "lost";
    case "notStored":
      return "handed";
    case "lost":
      return ({ accepted: "kept", rejected: "lost", undecided: "unknown", none: "unknown" } as const)[
        rotation.old.state
      ];
  }
}

/** The words that a person must find, by what is claimed. */
const words: Readonly<Record<Claim, RegExp>> = {
  rotated: /is rotated and verified: S3 accepts the new secret key/,
  kept: /was not rotated|cannot be rotated|nothing was rotated|is being changed/,
  refused: /^(?!Something went wrong).{20,}/,
  lost: /the new secret key is lost\. Rotate the key once more|neither the new secret key nor the old one/,
  handed: /could not be stored/,
  unknown: /S3 has not accepted it yet|cannot be told|not known whether|did not say|seems to have been deleted/,
};

export function checkWords({ claim, text }: Told): void {
  assert.match(text, words[claim]);
  assert.doesNotMatch(text, /undefined|\[object|\{\d\}|^\s*$|\n\s+at /);
}

/** What the sandbox and the computer know of a user's secret. */
export interface Truth {
  readonly live: string;
  readonly stored: readonly string[];
}

export async function truthOf(user: Pick<RgwUser, "id">, sandbox: Sandbox, computer: Computer): Promise<Truth> {
  const key = await computer.ports().vault.get(user.id);
  return { live: sandbox.user(user.id).secretKey, stored: candidates(key).map((secret) => secret.reveal()) };
}

/** How things stand once everything is well again, and the extension has started anew. */
export interface Aftermath {
  readonly recovery: Recovery;
  readonly state: KeyState;
  readonly texts: readonly string[];
}

export async function restart(user: Pick<RgwUser, "id" | "name">, computer: Computer): Promise<Aftermath> {
  const ports = computer.ports();
  const recovery = await recoverRotation(user.id, ports);
  const settled = await alone(user.id, ports, () => settleKey(user.id, ports));
  assert.ok(!("outcome" in settled), "nobody holds the lock after a restart");
  const text = tellRecovery(user.name, recovery)?.text;
  return { recovery, state: keyState(await ports.vault.get(user.id)), texts: text === undefined ? [] : [text] };
}

/** Nothing that stays or is shown may have a secret in it. */
export function checkForSecrets(computer: Computer, shown: readonly string[], secrets: readonly string[]): void {
  const log = computer.noted.map((error) => inspect(error, { depth: 10 }));
  for (const text of [...shown, ...log, ...filesBelow(computer.folder)]) {
    for (const secret of secrets) assert.ok(!text.includes(secret), "a secret is in a message, the log or a file");
  }
}

function filesBelow(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8"));
}
