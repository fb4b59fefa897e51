import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { DiskError } from "../../../../src/core/files.ts";
import { NotStoredError } from "../../../../src/core/keys/vault.ts";
import { PlatformError } from "../../../../src/core/platform/errors.ts";
import type { Inspection } from "../../../../src/core/rotation/inspect.ts";
import type { Batch } from "../../../../src/core/rotation/batches.ts";
import type { Finding, Receipt, RotationRecord } from "../../../../src/core/rotation/journal.ts";
import type { Recovery } from "../../../../src/core/rotation/recover.ts";
import type { Rotation } from "../../../../src/core/rotation/rotate.ts";
import { S3Error, type S3ErrorKind } from "../../../../src/core/s3/errors.ts";
import { Secret } from "../../../../src/core/secret.ts";
import { explain, inOneLine } from "../../../../src/host/explain.ts";
import { batchConfirmation, batchReport, batchSummary, tellResult } from "../../../../src/host/keys/severalWords.ts";
import {
  type Message,
  confirmation,
  receiptText,
  tellRecovery,
  tellRotation,
} from "../../../../src/host/keys/words.ts";

const user = { id: "u1", name: "app", projectId: "p1", accessKeyId: "AKIA1", locked: false };
const secret = new Secret("this-is-the-secret-itself");
const credential = { accessKeyId: "AKIA1", secret };
const s3Error = (kind: S3ErrorKind): S3Error => new S3Error("ListBuckets", kind, { code: kind });
const lostAnswer = new PlatformError("POST /x", "failed", { status: 504, requestId: "request-1", mayHaveActed: true });
const record: RotationRecord = {
  attempt: "a-1",
  userId: "u1",
  userName: "app",
  accessKeyId: "AKIA1",
  platformOrigin: "https://platform.test",
  s3Origin: "https://s3.test",
  startedAt: new Date(0),
  phase: "requested",
  oldKeys: ["0123456789abcdef"],
  isOldProved: true,
};
const receipt: Receipt = {
  ...record,
  newKey: "fedcba9876543210",
  requestId: "request-1",
  outcome: "rotated",
  finishedAt: new Date(2_000),
  oldKeyFate: "rejected",
  acceptedAfter: 412,
  rejectedAfter: 1_260,
};

const rotations: readonly (readonly [Rotation, RegExp])[] = [
  [
    { outcome: "busy", holder: { pid: 4711, since: new Date(0), where: "shop" } },
    /another window \(shop, process 4711/,
  ],
  [
    {
      outcome: "changed",
      inspection: {
        user,
        concerns: [{ kind: "elsewhere", isAfterLoss: false }],
        old: { isAccepted: false, secrets: [] },
        accessKeyId: "AKIA1",
      },
    },
    /was not rotated.*rotated the key elsewhere/,
  ],
  [{ outcome: "locked", seen: "before", user }, /cannot be rotated: the user is locked\. Nothing was changed/],
  [{ outcome: "locked", seen: "meanwhile", user }, /locked meanwhile\. Nothing was changed/],
  [{ outcome: "locked", seen: "meanwhile", user, unsure: credential }, /locked meanwhile\. So the platform says/],
  [{ outcome: "unchanged" }, /was not rotated.*stays as it is/],
  [{ outcome: "rotated", credential, receipt }, /after 412 ms\. It rejects the old one after 1\.3 s/],
  [{ outcome: "rotated", credential, receipt: { ...receipt, oldKeyFate: "accepted" } }, /still accepts the old one/],
  [{ outcome: "rotated", credential, receipt: { ...receipt, oldKeyFate: "none" } }, /is rotated and verified/],
  [{ outcome: "unproven", credential, error: s3Error("unreachable") }, /is stored, but S3 has not accepted it yet/],
  [{ outcome: "superseded", receipt }, /neither the new secret key nor the old one/],
  [{ outcome: "notStored", credential, cause: undefined }, /could not be stored/],
  [{ outcome: "lost", reason: lostAnswer, old: { state: "accepted" } }, /Request ID: request-1.*nothing was rotated/],
  [
    { outcome: "lost", reason: lostAnswer, old: { state: "rejected" } },
    /secret key is lost\. Rotate the key once more/,
  ],
  [
    { outcome: "lost", reason: lostAnswer, old: { state: "accepted", isSuspended: true } },
    /nothing was rotated; but the user is suspended/,
  ],
  [{ outcome: "lost", reason: "masked", old: { state: "none" } }, /without a readable secret.*cannot be told/],
  ...(["unknownKey", "clock", "unreachable", "busy"] as const).map((kind): readonly [Rotation, RegExp] => [
    { outcome: "lost", reason: lostAnswer, old: { state: "undecided", error: s3Error(kind) } },
    {
      unknownKey: /seems to have been deleted/,
      clock: /clock of this computer/,
      unreachable: /cannot be reached either/,
      busy: /\(busy\)/,
    }[kind],
  ]),
];

const recoveries: readonly (readonly [Recovery, RegExp | undefined])[] = [
  [{ outcome: "nothing" }, undefined],
  [{ outcome: "rotated", receipt }, /is finished.*S3 accepts it/],
  [{ outcome: "superseded", receipt }, /neither/],
  [{ outcome: "notRotated", record }, /nothing was rotated/],
  [{ outcome: "settled", record }, /S3 accepts the stored secret key/],
  ...(
    [
      ["lost", /secret key is lost/],
      ["notStored", /did not keep the new secret key/],
      ["unproven", /has not said yet/],
      ["undecided", /not known whether/],
      ["unprovable", /cannot be told/],
    ] as const
  ).map(([finding, words]: readonly [Finding, RegExp]): readonly [Recovery, RegExp] => [
    { outcome: "open", record: { ...record, finding }, isNews: true },
    words,
  ]),
];

const { contributes } = JSON.parse(readFileSync(join(import.meta.dirname, "../../../../package.json"), "utf8")) as {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
};
const commands = new Set(contributes.commands.map(({ command }) => command));

function check(message: Message | undefined, words: RegExp | undefined): void {
  if (words === undefined) return assert.equal(message, undefined);
  assert.ok(message);
  assert.match(message.text, words);
  assert.doesNotMatch(message.text, /undefined|\[secret\]|\[object|\{\d\}|this-is-the-secret/);
  assert.ok(message.steps.length > 0, "VS Code cuts a notification without buttons");
  for (const step of message.steps) assert.ok(commands.has(`rgw.${step}`), step);
}

suite("what a person is told of", () => {
  for (const [rotation, words] of rotations) {
    test(`a rotation: ${rotation.outcome}, ${String(words)}`, () => check(tellRotation("app", rotation), words));
  }
  for (const [recovery, words] of recoveries) {
    test(`an interrupted rotation: ${recovery.outcome}, ${String(words)}`, () =>
      check(tellRecovery("app", recovery), words));
  }
});

function inspection(changes: Partial<Inspection> = {}): Inspection {
  return { user, concerns: [], old: { isAccepted: true, secrets: [secret] }, accessKeyId: "AKIA1", ...changes };
}

test("the question before a rotation says what breaks, what uses the key, and that the access key ID stays", () => {
  const { message, detail, button } = confirmation(inspection(), ["the open panel “app”"]);
  assert.equal(message, "Rotate the key of app?");
  assert.match(detail, /stops working at once/);
  assert.match(detail, /In use from here:\n• the open panel “app”/);
  assert.match(detail, /access key ID stays AKIA1/);
  assert.equal(button, "Rotate Key");
});

test("the question names every concern, and its button says that one goes on in spite of them", () => {
  const concerns: Inspection["concerns"] = [
    { kind: "storage", error: new NotStoredError() },
    { kind: "s3", error: s3Error("clock") },
    { kind: "elsewhere", isAfterLoss: false },
  ];
  const { detail, button } = confirmation(inspection({ concerns }), []);
  assert.match(detail, /does not keep what it is given/);
  assert.match(detail, /clock of this computer is wrong/);
  assert.match(detail, /rotated the key elsewhere/);
  assert.equal(button, "Rotate Anyway");
});

test("a receipt says what happened, with fingerprints and without a secret, a line each", () => {
  const text = receiptText({ ...receipt, userName: "two\nlines" });
  for (const words of ["two lines", "AKIA1", "fedcba9876543210", "0123456789abcdef", "412 ms", "1.3 s", "request-1"]) {
    assert.ok(text.includes(words), words);
  }
  assert.ok(!text.includes("undefined"));
});

test("storage that forgets, a full disk and a folder without rights have words of their own", () => {
  assert.match(inOneLine(explain(new NotStoredError(undefined, "forgets"))), /earlier session/);
  assert.match(inOneLine(explain(new DiskError("/folder", { code: "ENOSPC" }))), /disk is full/);
  assert.match(inOneLine(explain(new DiskError("/folder", { code: "EACCES" }))), /\/folder cannot be read or written/);
});

test("several users: the question names those that are left out, and why", () => {
  const locked = { user: { ...user, id: "u2", name: "web" }, problem: "The user is locked." };
  const ready = { user, inspection: inspection({ concerns: [{ kind: "elsewhere", isAfterLoss: false }] }) };
  const asked = batchConfirmation([ready, locked], ["a panel"]);
  assert.match(asked.message, /keys of these users/);
  assert.match(
    asked.detail,
    /• app[\s\S]*In use from here:[\s\S]*Left out:\n• web: The user is locked\.[\s\S]*app: S3 rejects/,
  );
  assert.equal(asked.button, "Rotate Anyway");
  assert.equal(batchConfirmation([locked], []).button, undefined);
});

test("several users: the report has a line for each", () => {
  const batch: Batch = {
    id: "b",
    platformOrigin: "",
    s3Origin: "",
    users: [
      {
        id: "u1",
        name: "app",
        confirmed: [],
        result: tellResult("app", { kind: "rotation", rotation: { outcome: "rotated", credential, receipt } }),
      },
      { id: "u2", name: "web", confirmed: [], result: tellResult("web", { kind: "failure", error: lostAnswer }) },
      { id: "u3", name: "logs", confirmed: [] },
    ],
  };
  const report = batchReport(batch);
  assert.match(report, /✓ \*\*app\*\*: .*rotated and verified/);
  assert.match(report, /✗ \*\*web\*\*: .*HTTP 504.*request-1/);
  assert.match(report, /– \*\*logs\*\*: not tried/);
  assert.deepEqual(batchSummary(batch), {
    isGood: false,
    text: "1 of 3 keys are rotated and verified. Not rotated: 1. Not tried: 1.",
  });
});

test("several users: a dialog has room for so many lines only", () => {
  const many = Array.from({ length: 40 }, (_, index) => ({
    user: { ...user, id: `u${index}`, name: `user-${index}` },
    inspection: inspection(),
  }));
  const { detail } = batchConfirmation(
    many,
    many.map(({ user: { name } }) => `the open panel of ${name}`),
  );
  assert.equal(detail.match(/… and 28 more/g)?.length, 2);
  assert.ok(detail.split("\n").length < 40);
});

test("after a loss the question says that a rotation is the way out, and nothing else of the stored secret key", () => {
  const { detail, button } = confirmation(
    inspection({ concerns: [{ kind: "elsewhere", isAfterLoss: true }], old: { isAccepted: false, secrets: [] } }),
    [],
  );
  assert.match(detail, /since a rotation from here was interrupted/);
  assert.doesNotMatch(detail, /No secret key of this user is stored|somebody/);
  assert.equal(button, "Rotate Key");
});
