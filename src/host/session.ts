import * as vscode from "vscode";
import * as z from "zod/mini";
import { jsonOrNothing } from "../core/json.ts";
import type { Fetch } from "../core/network.ts";
import { PlatformClient } from "../core/platform/client.ts";
import { PlatformError } from "../core/platform/errors.ts";
import { Secret } from "../core/secret.ts";
import { SignedOutError, SignInRefusedError } from "./explain.ts";
import { readEndpoints } from "./settings.ts";

const storedSession = z.object({ token: z.string().check(z.minLength(1)), account: z.string() });

export interface SignedIn {
  /** Whom the token belongs to. */
  readonly account: string;
  /** The platform's origin: what the token is bound to. */
  readonly origin: string;
  readonly client: PlatformClient;
}

/**
 * The sign-in to the platform that the settings name. A token is kept per origin in SecretStorage, so that it never goes to
 * another host than the one it was given for, and all windows share it.
 */
export class Session implements vscode.Disposable {
  readonly #secrets: vscode.SecretStorage;
  readonly #fetch: Fetch;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #subscription: vscode.Disposable;
  /** Somebody signed in or out, in this window or another. */
  readonly onDidChange = this.#changed.event;

  constructor(secrets: vscode.SecretStorage, fetch: Fetch) {
    this.#secrets = secrets;
    this.#fetch = fetch;
    this.#subscription = secrets.onDidChange(({ key }) => {
      if (key.startsWith(prefix)) this.#changed.fire();
    });
  }

  /** @throws SettingError */
  async current(): Promise<SignedIn | undefined> {
    const { apiUrl } = readEndpoints();
    const stored = storedSession.safeParse(jsonOrNothing(await this.#secrets.get(prefix + apiUrl.origin)));
    if (!stored.success) return undefined;
    const { account, token } = stored.data;
    return { account, origin: apiUrl.origin, client: new PlatformClient(apiUrl, this.#fetch, new Secret(token)) };
  }

  /** @throws SignedOutError, SettingError */
  async required(): Promise<SignedIn> {
    const current = await this.current();
    if (!current) throw new SignedOutError();
    return current;
  }

  /** `POST /login`; the password is used for this call only. */
  async login(login: string, password: string, signal: AbortSignal): Promise<Secret> {
    return await accepted(new PlatformClient(readEndpoints().apiUrl, this.#fetch).login(login, password, signal));
  }

  /**
   * Keeps the token once the platform has said whose it is.
   * @returns the account
   */
  async signIn(token: Secret, signal: AbortSignal): Promise<string> {
    const { apiUrl } = readEndpoints();
    const { label } = await accepted(new PlatformClient(apiUrl, this.#fetch, token).account(signal));
    await this.#secrets.store(prefix + apiUrl.origin, JSON.stringify({ token: token.reveal(), account: label }));
    return label;
  }

  async signOut(): Promise<void> {
    await this.#secrets.delete(prefix + readEndpoints().apiUrl.origin);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}

const prefix = "session ";

/** At sign-in a 401 is not the end of a session, but a wrong token or password. */
async function accepted<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof PlatformError && error.kind === "unauthorized") throw new SignInRefusedError(error.requestId);
    throw error;
  }
}
