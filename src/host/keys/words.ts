import * as l10n from "@vscode/l10n";
import type { Concern, Inspection } from "../../core/rotation/inspect.ts";
import type { Finding, Receipt } from "../../core/rotation/journal.ts";
import type { Recovery } from "../../core/rotation/recover.ts";
import type { OldSecret, Rotation } from "../../core/rotation/rotate.ts";
import { busyWords, explain, inOneLine } from "../explain.ts";
import { findingWords } from "../findings.ts";

/*
 * All that a person is told about rotations, without VS Code's API: so that the fault suite reads the very same words.
 */

/** What may be done next; each is a command. */
export type Step =
  | "copySecretKey"
  | "browseBuckets"
  | "verifyKey"
  | "rotateKey"
  | "enterSecretKey"
  | "resolveRotation"
  | "dismissRotation"
  | "showReceipt"
  | "refresh"
  | "showLog";

export interface Message {
  readonly kind: "information" | "warning" | "error";
  readonly text: string;
  readonly steps: readonly Step[];
}

/** A question in a modal dialog. */
export interface Question {
  readonly message: string;
  readonly detail: string;
  readonly button: string;
}

/** @param inUse what is known here to use the stored secret, a line each */
export function confirmation({ user, concerns, old }: Inspection, inUse: readonly string[]): Question {
  const hasConcerns = concerns.some(speaksAgainst);
  return {
    message: l10n.t("Rotate the key of {0}?", user.name),
    detail: paragraphs(
      l10n.t(
        "The old secret key stops working at once: everything that still uses it fails until it gets the new one, and presigned links made with it die.",
      ),
      inUseWords(inUse),
      l10n.t("The access key ID stays {0}.", user.accessKeyId),
      ...concerns.map(concernWords),
      concerns.length === 0 && old.secrets.length === 0
        ? l10n.t(
            "No secret key of this user is stored here. Should the platform's answer get lost, nobody could tell whether the key was rotated.",
          )
        : "",
      hasConcerns ? "" : l10n.t("The new secret key is stored in VS Code's secret storage on this computer."),
    ),
    button: hasConcerns ? l10n.t("Rotate Anyway") : l10n.t("Rotate Key"),
  };
}

/** Whether one goes on in spite of it: after a loss, a rotation is the way out. */
export function speaksAgainst(concern: Concern): boolean {
  return concern.kind !== "elsewhere" || !concern.isAfterLoss;
}

export function inUseWords(inUse: readonly string[]): string {
  return inUse.length > 0 ? [l10n.t("In use from here:"), ...bullets(inUse, 12)].join("\n") : "";
}

export function concernWords(concern: Concern): string {
  switch (concern.kind) {
    case "storage":
      return l10n.t(
        "{0} The new secret key could not be stored: it would be shown once, to be copied or saved to a file.",
        inOneLine(explain(concern.error)),
      );
    case "s3":
      return l10n.t(
        "{0} The new secret key could not be verified, and a lost answer not cleared up.",
        inOneLine(explain(concern.error)),
      );
    case "elsewhere":
      if (concern.isAfterLoss) {
        return l10n.t(
          "S3 rejects the secret key stored here since a rotation from here was interrupted. Rotating once more gives a working one.",
        );
      }
      return l10n.t(
        "S3 rejects the secret key stored here: somebody rotated the key elsewhere, and the secret key that they use now stops working, too.",
      );
  }
}

export function tellRotation(userName: string, rotation: Rotation): Message {
  switch (rotation.outcome) {
    case "busy":
      return { kind: "warning", text: busyWords(rotation.holder), steps: ["refresh"] };
    case "changed": {
      const why = rotation.inspection.concerns.map(concernWords).join(" ");
      return {
        kind: "warning",
        text: l10n.t("The key of {0} was not rotated. {1}", userName, why),
        steps: ["rotateKey"],
      };
    }
    case "locked":
      return locked(userName, rotation);
    case "unchanged": {
      const text = l10n.t(
        "The key of {0} was not rotated: the platform answered the secret key that is stored already. It stays as it is.",
        userName,
      );
      return { kind: "warning", text, steps: ["verifyKey"] };
    }
    case "rotated":
      return rotated(userName, rotation.receipt);
    case "unproven": {
      const stored = l10n.t(
        "The key of {0} is rotated and the new secret key is stored, but S3 has not accepted it yet.",
        userName,
      );
      return {
        kind: "warning",
        text: `${stored} ${inOneLine(explain(rotation.error))}`,
        steps: ["verifyKey", "copySecretKey"],
      };
    }
    case "superseded":
      return superseded(userName);
    case "notStored": {
      const text = l10n.t(
        "The key of {0} is rotated, but the new secret key could not be stored. It is not on this computer, except where you put it.",
        userName,
      );
      return { kind: "error", text, steps: ["enterSecretKey"] };
    }
    case "lost":
      return lost(userName, rotation);
  }
}

/** Nothing where there is nothing to tell. */
export function tellRecovery(userName: string, recovery: Recovery): Message | undefined {
  switch (recovery.outcome) {
    case "busy":
    case "nothing":
      return undefined;
    case "rotated": {
      const text = l10n.t(
        "An interrupted rotation of {0} is finished: the key was rotated, the new secret key is stored, and S3 accepts it.",
        userName,
      );
      return { kind: "information", text, steps: ["showReceipt"] };
    }
    case "superseded":
      return superseded(userName);
    case "notRotated": {
      const text = l10n.t(
        "An interrupted rotation of {0} is cleared up: nothing was rotated, and S3 still accepts the stored secret key. You can try again.",
        userName,
      );
      return { kind: "information", text, steps: ["rotateKey"] };
    }
    case "settled": {
      const text = l10n.t("An interrupted rotation of {0} is cleared up: S3 accepts the stored secret key.", userName);
      return { kind: "information", text, steps: ["verifyKey"] };
    }
    case "open":
      return tellFinding(userName, recovery.record.finding);
  }
}

/** A rotation that was interrupted, and what is known of it. */
export function tellFinding(userName: string, finding: Finding): Message {
  const interrupted = l10n.t("A rotation of {0} was interrupted.", userName);
  const steps: Readonly<Record<Finding, readonly Step[]>> = {
    lost: ["rotateKey"],
    notStored: ["enterSecretKey", "rotateKey"],
    unproven: ["verifyKey", "copySecretKey"],
    undecided: ["resolveRotation", "showLog"],
    unprovable: ["rotateKey", "enterSecretKey", "dismissRotation"],
  };
  const kind = finding === "unproven" ? "warning" : "error";
  return { kind, text: `${interrupted} ${findingWords(finding)}`, steps: steps[finding] };
}

function rotated(userName: string, receipt: Receipt): Message {
  const { acceptedAfter, rejectedAfter, oldKeyFate } = receipt;
  const accepted = l10n.t(
    "The key of {0} is rotated and verified: S3 accepts the new secret key after {1}.",
    userName,
    duration(acceptedAfter),
  );
  const steps = ["copySecretKey", "browseBuckets", "showReceipt"] as const;
  switch (oldKeyFate) {
    case "rejected": {
      const rejected = l10n.t("It rejects the old one after {0}.", duration(rejectedAfter));
      return { kind: "information", text: `${accepted} ${rejected}`, steps };
    }
    case "accepted": {
      const still = l10n.t(
        "But it still accepts the old one, too: at least one gateway has not learnt of the rotation. Treat the old one as alive.",
      );
      return { kind: "warning", text: `${accepted} ${still}`, steps };
    }
    case "unknown":
      return {
        kind: "information",
        text: `${accepted} ${l10n.t("Whether it rejects the old one it did not say.")}`,
        steps,
      };
    case "none":
      return { kind: "information", text: accepted, steps };
  }
}

function superseded(userName: string): Message {
  const text = l10n.t(
    "The key of {0} was rotated, but S3 accepts neither the new secret key nor the old one: the key was rotated again elsewhere at the same time. Enter the secret key that the other side has, or rotate the key once more.",
    userName,
  );
  return { kind: "error", text, steps: ["enterSecretKey", "rotateKey"] };
}

/** No new secret came. What became of the old one says what happened, and what to do. */
function lost(userName: string, { reason, old }: Extract<Rotation, { outcome: "lost" }>): Message {
  const what =
    reason === "masked"
      ? l10n.t("The platform answered without a readable secret key for {0}. Nothing was stored.", userName)
      : [l10n.t("No usable answer came to the rotation of {0}.", userName), titleOf(reason)].join(" ");
  return { kind: "error", text: `${what} ${oldWords(old)}`, steps: [...oldSteps[old.state], "showLog"] };
}

function titleOf(error: unknown): string {
  const { title, requestId } = explain(error);
  return [title, requestId && l10n.t("Request ID: {0}", requestId)].filter(Boolean).join(" ");
}

const oldSteps: Readonly<Record<OldSecret["state"], readonly Step[]>> = {
  accepted: ["rotateKey"],
  rejected: ["rotateKey"],
  undecided: ["resolveRotation"],
  none: ["rotateKey", "dismissRotation"],
};

function oldWords(old: OldSecret): string {
  switch (old.state) {
    case "accepted":
      return old.isSuspended
        ? l10n.t(
            "S3 still knows the stored secret key, so nothing was rotated; but the user is suspended. Ask an administrator.",
          )
        : l10n.t("S3 still accepts the stored secret key, so nothing was rotated. You can try again.");
    case "rejected":
      return findingWords("lost");
    case "none":
      return findingWords("unprovable");
    case "undecided":
      return undecidedWords(old.error);
  }
}

/** Why S3 did not say, each in its own words. */
function undecidedWords(error: Extract<OldSecret, { state: "undecided" }>["error"]): string {
  switch (error.kind) {
    case "unknownKey":
      return l10n.t(
        "S3 does not know the access key ID any more: the user seems to have been deleted. Refresh the view.",
      );
    case "clock":
      return l10n.t(
        "S3 did not say whether the stored secret key still works, because the clock of this computer is off by more than 15 minutes. Set it, then resolve the rotation.",
      );
    case "unreachable":
      return l10n.t(
        "S3 cannot be reached either, so it is not known whether the key was rotated. Resolve the rotation when it can.",
      );
    default:
      return l10n.t(
        "S3 did not say whether the stored secret key still works ({0}). Resolve the rotation before you try again.",
        error.code,
      );
  }
}

function locked(userName: string, { seen, unsure }: Extract<Rotation, { outcome: "locked" }>): Message {
  const why =
    seen === "meanwhile"
      ? l10n.t("The key of {0} was not rotated: the user was locked meanwhile.", userName)
      : l10n.t("The key of {0} cannot be rotated: the user is locked.", userName);
  const unchanged = unsure
    ? l10n.t("So the platform says. It answered a secret key all the same, which is not stored unless you keep it.")
    : l10n.t("Nothing was changed.");
  const next = l10n.t("Ask a platform administrator to unlock the user.");
  return { kind: "warning", text: `${why} ${unchanged} ${next}`, steps: ["refresh"] };
}

/** For whoever has to account for a rotation, as Markdown. Nothing in it is secret. */
export function receiptText(receipt: Receipt): string {
  const { title, lines } = receiptWords(receipt);
  return [`# ${title}`, "", ...lines.map((line) => `- ${line}`), ""].join("\n");
}

export function receiptWords(receipt: Receipt): { readonly title: string; readonly lines: readonly string[] } {
  const rows: readonly (readonly [string, string | undefined])[] = [
    [l10n.t("User"), `${receipt.userName} (${receipt.userId})`],
    [l10n.t("Access key ID"), receipt.accessKeyId],
    [l10n.t("Platform"), receipt.platformOrigin],
    [l10n.t("S3 endpoint"), receipt.s3Origin],
    [l10n.t("Begun"), receipt.startedAt.toISOString()],
    [l10n.t("Finished"), receipt.finishedAt.toISOString()],
    [l10n.t("Result"), receipt.outcome === "rotated" ? l10n.t("rotated") : l10n.t("rotated again elsewhere")],
    [
      l10n.t("New secret key"),
      [receipt.newKey && fingerprintWords(receipt.newKey), newFate(receipt)].filter(Boolean).join(", "),
    ],
    [l10n.t("Old secret key"), [...receipt.oldKeys.map(fingerprintWords), oldFate(receipt)].join(", ")],
    [l10n.t("Request ID"), receipt.requestId],
    [l10n.t("Rotation"), receipt.attempt],
  ];
  const lines = rows.filter(([, value]) => value).map(([name, value = ""]) => `${name}: ${oneLine(value)}`);
  return { title: l10n.t("Rotation of {0}", oneLine(receipt.userName)), lines };
}

function fingerprintWords(fingerprint: string): string {
  return l10n.t("fingerprint {0}", fingerprint);
}

function newFate({ outcome, acceptedAfter }: Receipt): string {
  if (outcome === "superseded") return l10n.t("rejected by S3");
  return acceptedAfter === undefined
    ? l10n.t("accepted by S3")
    : l10n.t("accepted by S3 after {0}", duration(acceptedAfter));
}

function oldFate({ oldKeyFate, rejectedAfter }: Receipt): string {
  switch (oldKeyFate) {
    case "rejected":
      return rejectedAfter === undefined
        ? l10n.t("rejected by S3")
        : l10n.t("rejected by S3 after {0}", duration(rejectedAfter));
    case "accepted":
      return l10n.t("still accepted by S3");
    case "unknown":
      return l10n.t("not asked about");
    case "none":
      return l10n.t("none was stored here");
  }
}

function duration(milliseconds = 0): string {
  return milliseconds < 1_000
    ? l10n.t("{0} ms", Math.ceil(milliseconds))
    : l10n.t("{0} s", (milliseconds / 1_000).toFixed(1));
}

/** A name may have any character; in a list of lines it must not begin one. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

function paragraphs(...all: readonly string[]): string {
  return all.filter(Boolean).join("\n\n");
}

/** No more than a dialog has room for. */
export function bullets(lines: readonly string[], atMost: number): readonly string[] {
  const shown = lines.slice(0, atMost).map((line) => `• ${line}`);
  const more = lines.length - shown.length;
  return more > 0 ? [...shown, l10n.t("… and {0} more", more)] : shown;
}
