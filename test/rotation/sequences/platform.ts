import { randomBytes, randomUUID } from "node:crypto";
import { type Fetch, NetworkError } from "../../../src/core/network.ts";
import { PlatformClient } from "../../../src/core/platform/client.ts";
import { Secret } from "../../../src/core/secret.ts";
import { SignIns, newAccount } from "../../sandbox/accounts.ts";
import { envelope } from "../../sandbox/apiError.ts";
import type { Backend } from "../../sandbox/backend.ts";
import { Directory } from "../../sandbox/directory.ts";
import { platformApi } from "../../sandbox/platform.ts";
import { type Quirks, usualQuirks } from "../../sandbox/quirks.ts";
import { type RgwUser, UserStore } from "../../sandbox/users.ts";

/**
 * What comes back from a `renew_key`: `…After` when the platform has acted, `…Before` when it never did.
 * `lostLate`: it acts two seconds after the connection is gone. `locked…`: it acts, and the user is locked before the answer
 * is made. `known`, `foreign`: it does not act, and answers the secret as it was, or one that is nobody's. `superseded`:
 * somebody else rotates between the act and its answer.
 */
export const answers = [
  "ordinary",
  "refusedBefore",
  "refusedAfter",
  "limited",
  "lostBefore",
  "lostAfter",
  "lostLate",
  "gatewayBefore",
  "gatewayAfter",
  "cutAfter",
  "maskedBefore",
  "maskedAfter",
  "lockedAfter",
  "lockedMaskedAfter",
  "known",
  "foreign",
  "superseded",
] as const;
export type Answer = (typeof answers)[number];

/** What is to happen to one user's next renewal. */
export interface Plan {
  readonly attempt: string;
  readonly answer: Answer;
  /** When the request arrives, before anything is done about it. */
  readonly arrived: () => Promise<void>;
}

/** A `renew_key` that reached the platform. */
export interface Renewal {
  readonly userId: string;
  readonly attempt: string | undefined;
  readonly answer: Answer;
  /** The secret that it brought about. */
  issued?: string;
}

const origin = "https://platform.test";

/** The sandbox's own platform without sockets, in front of which answers get lost and changed. */
export class Platform {
  readonly users = UserStore.open();
  readonly origin = origin;
  /** All that ever was, or was passed off as, a user's secret. */
  readonly secrets: string[] = [];
  readonly renewals: Renewal[] = [];
  readonly plans = new Map<string, Plan>();
  lockedRenewal: Quirks["lockedRenewal"] = "unchanged";
  /** Is told of users whose keys were rotated by somebody else. */
  rotatedElsewhere: (userId: string) => void = () => {};
  isDown = false;
  readonly #directory = new Directory(this.users, keysNowhereElse());
  readonly #late: { readonly renewal: Renewal; milliseconds: number }[] = [];
  readonly #underWay = new Set<Promise<Response>>();
  readonly #app: ReturnType<typeof platformApi>;
  readonly #token: Secret;

  private constructor() {
    const admin = newAccount("admin", "admin", []);
    const signIns = new SignIns([admin]);
    this.#token = new Secret(signIns.issueToken(admin));
    this.#app = platformApi({
      store: this.users,
      directory: this.#directory,
      backend: keysNowhereElse(),
      signIns,
      quirks: () => ({ ...usualQuirks, lockedRenewal: this.lockedRenewal }),
    });
  }

  static async withUsers(...names: readonly string[]): Promise<Platform> {
    const platform = new Platform();
    const project = { id: randomUUID(), name: "shop" };
    platform.users.addProjects([project]);
    const users = await platform.#directory.createAll(names.map((name) => ({ name, projectId: project.id })));
    platform.secrets.push(...users.map(({ secretKey }) => secretKey));
    return platform;
  }

  user(userId: string): RgwUser {
    const user = this.users.user(userId);
    if (!user) throw new Error(`There is no user ${userId}`);
    return user;
  }

  client(): PlatformClient {
    return new PlatformClient(new URL(origin), this.#fetch, this.#token);
  }

  async setLocked(userId: string, locked: boolean): Promise<void> {
    await this.#directory.setLocked(userId, locked);
  }

  /** Somebody else gives the user a new secret, unless it is locked. */
  async rotateElsewhere(userId: string): Promise<void> {
    const issued = await this.#noticing(userId, () => this.#directory.renewKey(userId));
    if (issued !== undefined) this.rotatedElsewhere(userId);
  }

  /** Time goes by, and late requests get to act. */
  async pass(milliseconds: number): Promise<void> {
    for (const late of this.#late) late.milliseconds -= milliseconds;
    const due = this.#late.filter((late) => late.milliseconds <= 0);
    for (const late of due) {
      this.#late.splice(this.#late.indexOf(late), 1);
      await this.#act(late.renewal);
    }
  }

  /** Until nothing is under way that a process which has ended had asked for. */
  async quiet(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  readonly #fetch: Fetch = async (url, init) => {
    const request = new Request(url, init);
    const answer = this.#answer(request);
    this.#underWay.add(answer);
    try {
      return await answer;
    } finally {
      this.#underWay.delete(answer);
    }
  };

  async #answer(request: Request): Promise<Response> {
    if (this.isDown) throw new NetworkError(origin, "notSent", "refused", "ECONNREFUSED");
    const [, userId] = /^\/rgw\/users\/([^/]+)\/renew_key$/.exec(new URL(request.url).pathname) ?? [];
    if (userId === undefined) return await this.#app.fetch(request);
    const plan = this.plans.get(userId);
    this.plans.delete(userId);
    const renewal: Renewal = { userId, attempt: plan?.attempt, answer: plan?.answer ?? "ordinary" };
    this.renewals.push(renewal);
    await plan?.arrived();
    return await this.#renewal(renewal, request);
  }

  async #renewal(renewal: Renewal, request: Request): Promise<Response> {
    const { userId, answer } = renewal;
    const act = (): Promise<Response> => this.#act(renewal, request);
    switch (answer) {
      case "ordinary":
        return await act();
      case "superseded": {
        const response = await act();
        await this.rotateElsewhere(userId);
        return response;
      }
      case "refusedAfter":
        await act();
        return refusal(403, "forbidden");
      case "refusedBefore":
        return refusal(403, "forbidden");
      case "limited":
        return refusal(429, "rate_limited");
      case "lostLate":
        this.#late.push({ renewal, milliseconds: 2_000 });
        throw interrupted();
      case "lostAfter":
        await act();
        throw interrupted();
      case "lostBefore":
        throw interrupted();
      case "gatewayAfter":
        await act();
        return badGateway();
      case "gatewayBefore":
        return badGateway();
      case "cutAfter": {
        const text = await (await act()).text();
        return new Response(text.slice(0, text.length / 2));
      }
      case "maskedAfter":
        await act();
        return this.#described(userId, { secret_key: usualQuirks.mask });
      case "maskedBefore":
        return this.#described(userId, { secret_key: usualQuirks.mask });
      case "lockedAfter":
        await act();
        await this.setLocked(userId, true);
        return this.#described(userId, {});
      case "lockedMaskedAfter":
        await act();
        await this.setLocked(userId, true);
        return this.#described(userId, { secret_key: usualQuirks.mask });
      case "known":
        return this.#described(userId, {});
      case "foreign":
        return this.#described(userId, { secret_key: this.#madeUp() });
    }
  }

  async #act(renewal: Renewal, request?: Request): Promise<Response> {
    const { userId } = renewal;
    let response = new Response();
    const issued = await this.#noticing(userId, async () => {
      if (request) response = await this.#app.fetch(request);
      else await this.#directory.renewKey(userId);
    });
    if (issued !== undefined) renewal.issued = issued;
    return response;
  }

  /** @returns the user's secret, if it is another one after the work */
  async #noticing(userId: string, work: () => Promise<unknown>): Promise<string | undefined> {
    const before = this.user(userId).secretKey;
    await work();
    const { secretKey } = this.user(userId);
    if (secretKey === before) return undefined;
    this.secrets.push(secretKey);
    return secretKey;
  }

  #described(userId: string, change: { readonly secret_key?: string | null }): Response {
    const { id, name, projectId, accessKeyId, secretKey, locked } = this.user(userId);
    const user = { id, name, project_id: projectId, access_key_id: accessKeyId, secret_key: secretKey, locked };
    return Response.json({ ...user, ...change });
  }

  #madeUp(): string {
    const secret = randomBytes(30).toString("base64");
    this.secrets.push(secret);
    return secret;
  }
}

function interrupted(): NetworkError {
  return new NetworkError(origin, "interrupted", "reset", "ECONNRESET");
}

function refusal(status: number, code: string): Response {
  return Response.json(envelope({ status, code, message: "Refused" }, "renew_key"), { status });
}

function badGateway(): Response {
  return new Response("<html><h1>502 Bad Gateway</h1></html>", { status: 502 });
}

/** The directory's users are all that there is: the S3 double looks its secrets up there. */
function keysNowhereElse(): Backend {
  const nothing = async (): Promise<void> => {};
  return {
    s3Endpoint: "",
    createUser: nothing,
    setSecret: nothing,
    setQuota: nothing,
    setSuspended: nothing,
    buckets: async () => [],
    deleteBucket: async () => "missing",
    deleteUser: nothing,
    close: nothing,
  };
}
