import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import type { S3Identity } from "./backend.ts";
import { noteIssued } from "./issued.ts";

const userSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  projectId: z.uuid(),
  accessKeyId: z.string(),
  secretKey: z.string(),
  /** Guards the user against rotation and deletion; its key works as ever. */
  locked: z.boolean(),
  /** A state of RGW's that the platform does not show. */
  suspended: z.boolean(),
  quota: z.object({ maxSizeKb: z.int(), enabled: z.boolean() }),
});
const projectSchema = z.object({ id: z.uuid(), name: z.string() });
const fileSchema = z.object({ projects: z.array(projectSchema), users: z.array(userSchema) });

export type RgwUser = Readonly<z.infer<typeof userSchema>>;
export type Quota = RgwUser["quota"];
export type Project = Readonly<z.infer<typeof projectSchema>>;

/** Projects and RGW users with their secrets: the truth about both, in memory and, where a file is given, also there. */
export class UserStore {
  readonly #file: string | undefined;
  readonly #projects = new Map<string, Project>();
  readonly #users = new Map<string, RgwUser>();
  readonly #byAccessKey = new Map<string, string>();

  private constructor(file: string | undefined) {
    this.#file = file;
  }

  /** Reads what an earlier store left in the file, if there is one. */
  static open(file?: string): UserStore {
    const store = new UserStore(file);
    const text = file === undefined ? undefined : readIfThere(file);
    if (text === undefined) return store;
    const { projects, users } = fileSchema.parse(JSON.parse(text));
    for (const project of projects) store.#projects.set(project.id, project);
    for (const user of users) store.#remember(user);
    return store;
  }

  get projects(): readonly Project[] {
    return [...this.#projects.values()];
  }

  get users(): readonly RgwUser[] {
    return [...this.#users.values()];
  }

  project(id: string): Project | undefined {
    return this.#projects.get(id);
  }

  user(id: string): RgwUser | undefined {
    return this.#users.get(id);
  }

  usersOf(projectId: string): readonly RgwUser[] {
    return this.users.filter((user) => user.projectId === projectId);
  }

  /** Who signs with an access key id. */
  identity(accessKeyId: string): S3Identity | undefined {
    const user = this.user(this.#byAccessKey.get(accessKeyId) ?? "");
    if (!user) return undefined;
    const { id, name, secretKey, suspended } = user;
    return { userId: id, displayName: name, secretKey, suspended, maxSizeKb: effectiveSizeKb(user.quota) };
  }

  addProjects(projects: readonly Project[]): void {
    for (const project of projects) this.#projects.set(project.id, project);
    this.#save();
  }

  /** Adds users, or puts them in the place of those with the same ids. */
  put(...users: readonly RgwUser[]): void {
    for (const user of users) this.#remember(user);
    noteIssued(...users.map(({ secretKey }) => secretKey));
    this.#save();
  }

  remove(id: string): void {
    const user = this.user(id);
    if (!user) return;
    this.#users.delete(id);
    this.#byAccessKey.delete(user.accessKeyId);
    this.#save();
  }

  #remember(user: RgwUser): void {
    this.#users.set(user.id, user);
    this.#byAccessKey.set(user.accessKeyId, user.id);
  }

  #save(): void {
    if (this.#file === undefined) return;
    mkdirSync(dirname(this.#file), { recursive: true });
    const text = JSON.stringify({ projects: this.projects, users: this.users });
    writeFileSync(`${this.#file}.new`, text, { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}

/** What counts for S3: the quota in KiB, -1 where there is none or it is switched off. */
export function effectiveSizeKb(quota: Quota): number {
  return quota.enabled ? quota.maxSizeKb : -1;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
