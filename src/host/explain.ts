import * as l10n from "@vscode/l10n";
import type { AddressProblem } from "../core/endpoints.ts";
import { DiskError } from "../core/files.ts";
import { NotStoredError } from "../core/keys/vault.ts";
import type { Holder } from "../core/lock.ts";
import { NetworkError } from "../core/network.ts";
import { PlatformError } from "../core/platform/errors.ts";
import { S3Error } from "../core/s3/errors.ts";
import type { Failure, WayOut } from "../protocol/bucketBrowser.ts";

/*
 * Not a word of VS Code's API here: so that tests which run without it can read what a person is told. The texts come from
 * the same bundle (see localize.ts).
 */

/** A setting that cannot be used as it is. */
export class SettingError extends Error {
  override readonly name = "SettingError";
  readonly setting: string;
  readonly problem: AddressProblem;

  constructor(setting: string, problem: AddressProblem) {
    super(`${setting}: ${problem}`);
    this.setting = setting;
    this.problem = problem;
  }
}

/** Another window or process of this computer is changing the user's key. */
export class BusyError extends Error {
  override readonly name = "BusyError";
  readonly holder: Holder;

  constructor(holder: Holder) {
    super(`held by process ${holder.pid}`);
    this.holder = holder;
  }
}

/** Nobody is signed in to the platform that the settings name. */
export class SignedOutError extends Error {
  override readonly name = "SignedOutError";
}

/** The platform does not take the token, or the e-mail address and password, that were just given. */
export class SignInRefusedError extends Error {
  override readonly name = "SignInRefusedError";
  readonly requestId: string | undefined;

  constructor(requestId: string | undefined) {
    super("The platform refused the sign-in.");
    this.requestId = requestId;
  }
}

/** There is no secret stored for the user, so that nothing can be signed for it. */
export class NoStoredKeyError extends Error {
  override readonly name = "NoStoredKeyError";
}

/** Puts an error into words: what happened, and what to do next. Never throws, never shows a secret or a stack. */
export function explain(error: unknown): Failure {
  if (error instanceof PlatformError) return withRequestId(explainPlatform(error), error.requestId);
  if (error instanceof S3Error) return withRequestId(explainS3(error), error.requestId);
  if (error instanceof SettingError) return explainSetting(error);
  if (error instanceof SignedOutError)
    return failure(l10n.t("You are not signed in to the platform."), undefined, ["signIn"]);
  if (error instanceof SignInRefusedError) {
    return withRequestId(
      failure(
        l10n.t("The platform does not accept this sign-in."),
        l10n.t(
          "Check the token, or the e-mail address and password, and that the address in the settings is the right one.",
        ),
        ["signIn", "openSettings"],
      ),
      error.requestId,
    );
  }
  if (error instanceof NoStoredKeyError) {
    return failure(
      l10n.t("No secret key is stored for this user."),
      l10n.t(
        "Buckets are read through the S3 endpoint, which needs the user's secret key. Enter it if you have it; if nobody has it, rotate the key to get a new one.",
      ),
      ["enterSecretKey", "rotateKey"],
    );
  }
  if (error instanceof NotStoredError) return explainStorage(error);
  if (error instanceof DiskError) return explainDisk(error);
  if (error instanceof BusyError) return failure(busyWords(error.holder), undefined, ["retry"]);
  return failure(l10n.t("Something went wrong inside RGW Keyring."), l10n.t("The log says more."), [
    "retry",
    "showLog",
  ]);
}

/** Who is at it, and what to do. */
export function busyWords({ pid, since, where }: Holder): string {
  const time = since.toLocaleTimeString();
  return l10n.t(
    "The key of this user is being changed by another window ({0}, process {1}, since {2}). Wait until it has finished.",
    where || l10n.t("no folder open"),
    pid,
    time,
  );
}

/** One line for a notification. */
export function inOneLine({ title, detail, requestId }: Failure): string {
  const request = requestId && l10n.t("Request ID: {0}", requestId);
  return [title, detail, request].filter(Boolean).join(" ");
}

const labels: Readonly<Record<WayOut, () => string>> = {
  retry: () => l10n.t("Retry"),
  signIn: () => l10n.t("Sign In"),
  enterSecretKey: () => l10n.t("Enter Secret Key…"),
  rotateKey: () => l10n.t("Rotate Key…"),
  verifyKey: () => l10n.t("Verify Stored Key"),
  openSettings: () => l10n.t("Open Settings"),
  showLog: () => l10n.t("Show Log"),
  selectProject: () => l10n.t("Select Project…"),
};

function failure(title: string, detail: string | undefined, waysOut: readonly WayOut[]): Failure {
  return { title, ...(detail && { detail }), waysOut: waysOut.map((id) => ({ id, label: labels[id]() })) };
}

function withRequestId(what: Failure, requestId: string | undefined): Failure {
  return requestId ? { ...what, requestId } : what;
}

function explainPlatform(error: PlatformError): Failure {
  const said = error.said && l10n.t("It says: “{0}”.", error.said);
  switch (error.kind) {
    case "unauthorized":
      return failure(
        l10n.t("The platform does not accept your sign-in any more."),
        l10n.t("Sign in again. Nothing stored here is lost."),
        ["signIn"],
      );
    case "forbidden":
      return failure(
        l10n.t("You are not allowed to do this on the platform."),
        said ?? l10n.t("Ask an administrator of the project for the right to manage RGW users."),
        ["signIn", "selectProject"],
      );
    case "notFound":
      return failure(
        l10n.t("The platform does not find this."),
        l10n.t("It may have been deleted meanwhile. Refresh the view."),
        ["retry"],
      );
    case "conflict":
      return failure(l10n.t("The platform refuses this in the present state."), said, ["retry"]);
    case "invalid":
      return failure(l10n.t("The platform does not accept what was sent."), fieldsOf(error) || said, ["showLog"]);
    case "rateLimited":
      return failure(
        l10n.t("The platform asks for a pause."),
        error.retryAfter === undefined
          ? l10n.t("Try again in a moment.")
          : l10n.t("Try again in {0} seconds.", error.retryAfter),
        ["retry"],
      );
    case "unreadable":
      return failure(
        l10n.t("The answer is not the platform's."),
        l10n.t("A proxy may have answered in its place, or the address in the settings is another service's."),
        ["retry", "openSettings", "showLog"],
      );
    case "unreachable":
      return explainNetwork(error.cause, l10n.t("The platform does not answer."));
    case "failed":
      return failure(
        l10n.t("The platform has a problem (HTTP {0}).", error.status ?? "?"),
        said ?? l10n.t("Try again in a moment."),
        ["retry", "showLog"],
      );
  }
}

function fieldsOf(error: PlatformError): string {
  return Object.entries(error.fields)
    .map(([field, messages]) => `${field}: ${messages.join(", ")}`)
    .join("; ");
}

function explainS3(error: S3Error): Failure {
  switch (error.kind) {
    case "rejected":
      return failure(
        l10n.t("The stored secret key is not valid any more."),
        l10n.t(
          "The key was rotated since it was stored. Enter the new secret key if you have it; otherwise rotate the key once more.",
        ),
        ["enterSecretKey", "rotateKey", "retry"],
      );
    case "unknownKey":
      return failure(
        l10n.t("The S3 endpoint does not know this access key id."),
        l10n.t("The user was deleted, or belongs to another S3 endpoint than the one in the settings."),
        ["retry", "openSettings"],
      );
    case "suspended":
      return failure(
        l10n.t("The user is suspended."),
        l10n.t("The secret key is right, but the S3 endpoint refuses the user. Ask an administrator."),
        ["retry"],
      );
    case "clock":
      return failure(
        l10n.t("The clock of this computer is wrong."),
        l10n.t(
          "It is off by more than 15 minutes, so the S3 endpoint refuses every request. Set the clock, then try again.",
        ),
        ["retry"],
      );
    case "denied":
      return failure(
        l10n.t("The S3 endpoint does not allow this."),
        l10n.t("The key is valid, but it has no right to do this here."),
        ["retry"],
      );
    case "quota":
      return failure(l10n.t("The quota of the user is full."), undefined, ["retry"]);
    case "noSuchBucket":
      return failure(l10n.t("This bucket does not exist."), l10n.t("It may have been deleted meanwhile."), ["retry"]);
    case "busy":
      return failure(l10n.t("The S3 endpoint is busy."), l10n.t("Try again in a moment."), ["retry"]);
    case "unreachable":
      return explainNetwork(error.cause, l10n.t("The S3 endpoint does not answer."));
    case "unreadable":
      return failure(
        l10n.t("The answer is not that of an S3 endpoint."),
        l10n.t("A proxy may have answered in its place, or the address in the settings is another service's."),
        ["retry", "openSettings", "showLog"],
      );
    case "failed":
      return failure(l10n.t("The S3 endpoint has a problem ({0}).", error.code), l10n.t("Try again in a moment."), [
        "retry",
        "showLog",
      ]);
  }
}

function explainStorage({ reason }: NotStoredError): Failure {
  switch (reason) {
    case "forgets":
      return failure(
        l10n.t("VS Code's secret storage has lost what an earlier session stored in it."),
        l10n.t(
          "It may keep secrets in memory only, because this computer has no keyring that VS Code can use. Set one up, or start VS Code with one, before you store keys.",
        ),
        ["showLog"],
      );
    case "unseen":
      return failure(
        l10n.t("This window does not see what another window has stored meanwhile, and would destroy it."),
        l10n.t("Reload the window (Developer: Reload Window), then try again."),
        ["showLog"],
      );
    case "fails":
      return failure(
        l10n.t("VS Code's secret storage does not keep what it is given."),
        l10n.t("Check that the keyring of this computer is unlocked and works, then try again."),
        ["retry", "showLog"],
      );
  }
}

function explainDisk({ code, folder }: DiskError): Failure {
  const title = l10n.t("RGW Keyring cannot use its folder on this computer.");
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  const why = isFull
    ? l10n.t("The disk is full ({0}). Make room, then try again.", code)
    : l10n.t("{0} cannot be read or written ({1}). Check its permissions, then try again.", folder, code);
  return failure(title, why, ["retry", "showLog"]);
}

function explainNetwork(cause: unknown, title: string): Failure {
  const waysOut = ["retry", "openSettings", "showLog"] as const;
  if (!(cause instanceof NetworkError)) return failure(title, undefined, waysOut);
  const reasons: Readonly<Record<NetworkError["reason"], string>> = {
    dns: l10n.t("The host name of {0} is not found. Check the network and the address in the settings.", cause.origin),
    refused: l10n.t("{0} refuses the connection. Check the address in the settings.", cause.origin),
    tls: l10n.t("The certificate of {0} is not trusted by this computer.", cause.origin),
    timeout: l10n.t("{0} did not answer in time.", cause.origin),
    proxy: l10n.t(
      "The proxy did not let the request to {0} through. Check the proxy settings of VS Code.",
      cause.origin,
    ),
    reset: l10n.t("The connection to {0} was cut.", cause.origin),
    offline: l10n.t("This computer seems to be offline."),
    other: l10n.t("The connection to {0} failed.", cause.origin),
  };
  return failure(title, reasons[cause.reason], waysOut);
}

function explainSetting({ setting, problem }: SettingError): Failure {
  const details = {
    notAUrl: l10n.t("It must be an address such as https://storage.example.com."),
    notHttps: l10n.t(
      "It must begin with https://. Plain http is for this computer itself only, because tokens would travel in clear.",
    ),
    hasCredentials: l10n.t("It must not contain a user name or password."),
  };
  return failure(l10n.t("The setting {0} cannot be used.", setting), details[problem], ["openSettings"]);
}
