import { randomBytes, randomInt, randomUUID } from "node:crypto";
import type { Backend } from "./backend.ts";
import { inParallel } from "./inParallel.ts";
import { effectiveSizeKb, type Quota, type RgwUser, type UserStore } from "./users.ts";

/** What a new user gets: 500 GB. */
const newQuota: Quota = { maxSizeKb: 524_288_000, enabled: true };

export interface NewUser {
  readonly name: string;
  readonly projectId: string;
  readonly locked?: boolean;
}

export type Deletion = "deleted" | "locked" | "has-buckets";

/** What the platform does to RGW users: in its own records, and in the backend where their keys live. */
export class Directory {
  readonly #store: UserStore;
  readonly #backend: Backend;
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(store: UserStore, backend: Backend) {
    this.#store = store;
    this.#backend = backend;
  }

  /** Nothing when the project has a user of this name. */
  create(user: NewUser): Promise<RgwUser | undefined> {
    return this.#serially(user.projectId, async () => {
      if (this.#store.usersOf(user.projectId).some(({ name }) => name === user.name)) return undefined;
      const [created] = await this.createAll([user]);
      return created;
    });
  }

  /** Many users at once, whose names are known to be free. */
  async createAll(newUsers: readonly NewUser[]): Promise<readonly RgwUser[]> {
    const users = newUsers.map(newUser);
    await inParallel(users, ({ id: userId, name: displayName, accessKeyId, secretKey }) =>
      this.#backend.createUser({ userId, displayName, accessKeyId, secretKey, maxSizeKb: newQuota.maxSizeKb }),
    );
    this.#store.put(...users);
    return users;
  }

  /** A new secret for the same access key id; a locked user stays as it is. */
  renewKey(id: string): Promise<RgwUser> {
    return this.#change(id, async (user) => {
      if (user.locked) return user;
      const secretKey = newSecretKey();
      await this.#backend.setSecret(id, user.accessKeyId, secretKey);
      return { ...user, secretKey };
    });
  }

  setLocked(id: string, locked: boolean): Promise<RgwUser> {
    return this.#change(id, (user) => Promise.resolve({ ...user, locked }));
  }

  setSuspended(id: string, suspended: boolean): Promise<RgwUser> {
    return this.#change(id, async (user) => {
      await this.#backend.setSuspended(id, suspended);
      return { ...user, suspended };
    });
  }

  setQuota(id: string, change: Partial<Quota>): Promise<RgwUser> {
    return this.#change(id, async (user) => {
      const quota = { ...user.quota, ...change };
      await this.#backend.setQuota(id, effectiveSizeKb(quota));
      return { ...user, quota };
    });
  }

  /** With `purge` also the user's buckets and all in them; without, only a user that has none. */
  delete(id: string, purge: boolean): Promise<Deletion> {
    return this.#serially(id, async () => {
      const user = this.#existing(id);
      if (user.locked) return "locked";
      if (!purge && (await this.#backend.buckets(id)).length > 0) return "has-buckets";
      this.#store.remove(id); // first, so that nobody fills buckets while they are emptied
      await this.#backend.deleteUser(id);
      return "deleted";
    });
  }

  #change(id: string, change: (user: RgwUser) => Promise<RgwUser>): Promise<RgwUser> {
    return this.#serially(id, async () => {
      const user = await change(this.#existing(id));
      this.#store.put(user);
      return user;
    });
  }

  #existing(id: string): RgwUser {
    const user = this.#store.user(id);
    if (!user) throw new UnknownUserError();
    return user;
  }

  /** One change of a user (or project) at a time: two rotations at once end with the secret that was answered last. */
  async #serially<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#queues.get(id) ?? Promise.resolve()).then(work, work);
    this.#queues.set(id, turn);
    try {
      return await turn;
    } finally {
      if (this.#queues.get(id) === turn) this.#queues.delete(id);
    }
  }
}

/** The user is not there, or not there any more. */
export class UnknownUserError extends Error {}

function newUser({ name, projectId, locked = false }: NewUser): RgwUser {
  const key = { accessKeyId: newAccessKeyId(), secretKey: newSecretKey() };
  return { id: randomUUID(), name, projectId, ...key, locked, suspended: false, quota: newQuota };
}

function newAccessKeyId(): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return `AKIA${Array.from({ length: 16 }, () => letters[randomInt(letters.length)]).join("")}`;
}

/** 40 characters, `/` and `+` among them. */
function newSecretKey(): string {
  return randomBytes(30).toString("base64");
}
