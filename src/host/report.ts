import * as vscode from "vscode";
import type { WayOut } from "../protocol/bucketBrowser.ts";
import { explain, inOneLine } from "./explain.ts";

/** The commands behind the ways out of a failure. */
export const wayOutCommands: Readonly<Record<Exclude<WayOut, "retry">, string>> = {
  signIn: "rgw.signIn",
  enterSecretKey: "rgw.enterSecretKey",
  rotateKey: "rgw.rotateKey",
  verifyKey: "rgw.verifyKey",
  openSettings: "rgw.openSettings",
  showLog: "rgw.showLog",
  selectProject: "rgw.selectProject",
};

/** Their messages are ours, and name no secret. */
const ownErrors: ReadonlySet<string> = new Set([
  "PlatformError",
  "S3Error",
  "NetworkError",
  "SettingError",
  "NotStoredError",
  "DiskError",
  "BusyError",
]);

/**
 * The one place where failures of commands meet a person. A cancelled command says nothing; any other failure is logged
 * and shown with its ways out, `retry` being the command once more.
 */
export class Reporter {
  readonly #log: vscode.LogOutputChannel;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
  }

  /** Wraps a command's handler, so that it never rejects. */
  guard<A extends readonly unknown[]>(
    command: string,
    handler: (...args: A) => Promise<void>,
  ): (...args: A) => Promise<void> {
    const run = async (...args: A): Promise<void> => {
      try {
        await handler(...args);
      } catch (error) {
        if (isCancellation(error)) return;
        this.note(command, error);
        // Not awaited: the command has ended, whether or not somebody answers the notification.
        void this.#show(error, args[0], () => run(...args));
      }
    };
    return run;
  }

  /** Our own errors name no secret; of others only the type is logged, for their message might quote an answer. */
  note(what: string, error: unknown): void {
    for (let one = error, depth = 0; one instanceof Error && depth < 4; one = one.cause, depth++) {
      const known = ownErrors.has(one.name);
      this.#log.error(`${what}: ${one.name}${known ? `: ${one.message}` : ""}`);
      // A stack begins with the message, which may have several lines: only the frames are logged.
      const frames = one.stack?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
      if (!known && depth === 0) this.#log.debug(frames.slice(0, 5).join("\n"));
    }
  }

  async #show(error: unknown, target: unknown, retry: () => Promise<void>): Promise<void> {
    const failure = explain(error);
    const choice = await vscode.window.showErrorMessage(
      inOneLine(failure),
      ...failure.waysOut.map(({ label }) => label),
    );
    const id = failure.waysOut.find(({ label }) => label === choice)?.id;
    if (id === "retry") await retry();
    else if (id) await vscode.commands.executeCommand(wayOutCommands[id], target);
  }
}

export function isCancellation(error: unknown): boolean {
  return error instanceof vscode.CancellationError || (error instanceof Error && error.name === "AbortError");
}
