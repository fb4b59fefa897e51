import { randomBytes, randomUUID } from "node:crypto";
import { sign, verify } from "hono/jwt";
import { noteIssued } from "./issued.ts";

/** Admins see and may do all; managers work with the users of their projects; readers only look at them. */
export type Role = "admin" | "manager" | "reader";

/** Somebody who works with the platform: a person, or the one an API token was issued for. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly login: string;
  readonly password: string;
  readonly role: Role;
  readonly projectIds: readonly string[];
}

export function newAccount(name: string, role: Role, projectIds: readonly string[]): Account {
  const password = randomBytes(12).toString("base64url");
  return { id: randomUUID(), name, login: `${name}@example.com`, password, role, projectIds };
}

export const usualLifetimeSeconds = 3600;

/** Who a token belongs to: static API tokens, and the short-lived JWTs of people who signed in. */
export class SignIns {
  /** How long a JWT is good, in seconds. */
  lifetimeSeconds = usualLifetimeSeconds;
  readonly accounts: readonly Account[];
  readonly #tokens = new Map<string, Account>();
  #signingKey = randomBytes(32).toString("hex");

  constructor(accounts: readonly Account[]) {
    this.accounts = accounts;
    noteIssued(...accounts.map(({ password }) => password));
  }

  /** A static API token, good until the sandbox ends. */
  issueToken(account: Account): string {
    const token = `bnerd_tok_${randomBytes(24).toString("base64url")}`;
    this.#tokens.set(token, account);
    noteIssued(token);
    return token;
  }

  /** A JWT, or nothing for a wrong login or password. */
  async signIn(login: string, password: string): Promise<string | undefined> {
    const account = this.accounts.find((candidate) => candidate.login === login && candidate.password === password);
    if (!account) return undefined;
    const exp = Math.floor(Date.now() / 1000) + this.lifetimeSeconds;
    const token = await sign({ sub: account.id, jti: randomUUID(), exp }, this.#signingKey, "HS256");
    noteIssued(token);
    return token;
  }

  async whose(token: string): Promise<Account | undefined> {
    const known = this.#tokens.get(token);
    if (known) return known;
    const claims = await verify(token, this.#signingKey, "HS256").catch(() => undefined);
    return this.accounts.find((account) => account.id === claims?.["sub"]);
  }

  /** Ends every JWT issued so far. */
  expire(): void {
    this.#signingKey = randomBytes(32).toString("hex");
  }
}
