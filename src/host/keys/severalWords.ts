import * as l10n from "@vscode/l10n";
import type { RgwUser } from "../../core/platform/schema.ts";
import type { Concern, Inspection } from "../../core/rotation/inspect.ts";
import type { Batch, BatchUser } from "../../core/rotation/batches.ts";
import type { Result } from "../../core/rotation/many.ts";
import { explain, inOneLine } from "../explain.ts";
import {
  type Question,
  bullets,
  concernWords,
  inUseWords,
  speaksAgainst,
  tellRecovery,
  tellRotation,
} from "./words.ts";

/** One of several users, looked at before; `problem`: why its key cannot be rotated. */
export interface Checked {
  readonly user: RgwUser;
  readonly inspection?: Inspection;
  readonly problem?: string;
}

/** The question about several users; without a button where nobody is left. */
export function batchConfirmation(
  checked: readonly Checked[],
  inUse: readonly string[],
): Omit<Question, "button"> & { readonly button?: string } {
  const ready = checked.filter(({ inspection }) => inspection);
  const left = checked.filter(({ problem }) => problem);
  const problems = bullets(
    left.map(({ user, problem = "" }) => `${user.name}: ${problem}`),
    8,
  );
  const leftOut = left.length > 0 ? [l10n.t("Left out:"), ...problems].join("\n") : "";
  if (ready.length === 0) {
    return { message: l10n.t("None of these keys can be rotated."), detail: leftOut };
  }
  const concerns = concernsOf(ready);
  return {
    message: l10n.t("Rotate the keys of these users, one after the other?"),
    detail: [
      l10n.t(
        "Their old secret keys stop working at once: everything that still uses one fails until it gets the new one, and presigned links made with it die.",
      ),
      bullets(
        ready.map(({ user }) => user.name),
        12,
      ).join("\n"),
      inUseWords(inUse),
      leftOut,
      ...concerns,
    ]
      .filter(Boolean)
      .join("\n\n"),
    button: ready.some(({ inspection }) => inspection?.concerns.some(speaksAgainst))
      ? l10n.t("Rotate Anyway")
      : l10n.t("Rotate Keys"),
  };
}

/** Each concern once, with the users that it is about. */
function concernsOf(ready: readonly Checked[]): readonly string[] {
  const users = new Map<Concern["kind"], { names: string[]; words: string }>();
  for (const { user, inspection } of ready) {
    for (const concern of inspection?.concerns ?? []) {
      const known = users.get(concern.kind) ?? { names: [], words: concernWords(concern) };
      known.names.push(user.name);
      users.set(concern.kind, known);
    }
  }
  return [...users.values()].map(({ names, words }) => `${names.join(", ")}: ${words}`);
}

export function tellResult(userName: string, result: Result): NonNullable<BatchUser["result"]> {
  switch (result.kind) {
    case "failure":
      return { isRotated: false, text: inOneLine(explain(result.error)) };
    case "recovery":
      return {
        isRotated: result.recovery.outcome === "rotated",
        text: tellRecovery(userName, result.recovery)?.text ?? "",
      };
    case "rotation":
      return { isRotated: result.rotation.outcome === "rotated", text: tellRotation(userName, result.rotation).text };
  }
}

export function batchSummary({ users }: Batch): { readonly isGood: boolean; readonly text: string } {
  const rotated = users.filter(({ result }) => result?.isRotated).length;
  const untried = users.filter(({ result }) => !result).length;
  const failed = users.length - rotated - untried;
  const text = [
    l10n.t("{0} of {1} keys are rotated and verified.", rotated, users.length),
    failed > 0 ? l10n.t("Not rotated: {0}.", failed) : "",
    untried > 0 ? l10n.t("Not tried: {0}.", untried) : "",
  ];
  return { isGood: rotated === users.length, text: text.filter(Boolean).join(" ") };
}

/** A line for each user, as Markdown. Nothing in it is secret. */
export function batchReport(batch: Batch): string {
  const lines = batch.users.map(({ name, result }) => {
    const mark = result ? (result.isRotated ? "✓" : "✗") : "–";
    return `- ${mark} **${name}**: ${result?.text ?? l10n.t("not tried")}`;
  });
  return [
    `# ${l10n.t("Rotation of {0} keys", batch.users.length)}`,
    "",
    batchSummary(batch).text,
    "",
    ...lines,
    "",
  ].join("\n");
}
