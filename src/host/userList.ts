import * as vscode from "vscode";
import { PlatformError } from "../core/platform/errors.ts";
import type { Project, RgwUser } from "../core/platform/schema.ts";
import type { Failure } from "../protocol/bucketBrowser.ts";
import { explain } from "./explain.ts";
import type { Session, SignedIn } from "./session.ts";

/** What the view of users shows. Each state but `ready` has a welcome view of its own in package.json. */
export type UserListState =
  | { readonly view: "loading" }
  | { readonly view: "signedOut" }
  /** The platform answered 401. */
  | { readonly view: "expired" }
  | { readonly view: "noProjects" }
  | { readonly view: "chooseProject" }
  | { readonly view: "empty"; readonly project: Project }
  | { readonly view: "unreachable" | "forbidden" | "misconfigured" | "failed"; readonly failure: Failure }
  /** `stale`: the last refresh failed, and the users are those of the one before. */
  | { readonly view: "ready"; readonly project: Project; readonly users: readonly RgwUser[]; readonly stale?: Failure };

/** The RGW users of the project that is picked in this workspace. */
export class UserList implements vscode.Disposable {
  readonly #session: Session;
  readonly #memento: vscode.Memento;
  readonly #note: (error: unknown) => void;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  #state: UserListState = { view: "loading" };
  #loading: AbortController | undefined;

  /** @param memento where the picked project is remembered */
  constructor(session: Session, memento: vscode.Memento, note: (error: unknown) => void) {
    this.#session = session;
    this.#memento = memento;
    this.#note = note;
  }

  get state(): UserListState {
    return this.#state;
  }

  find(userId: string): RgwUser | undefined {
    return this.#state.view === "ready" ? this.#state.users.find(({ id }) => id === userId) : undefined;
  }

  /** Loads the users anew. The latest call wins. A list that is there stays until the new one is. */
  async refresh(): Promise<void> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    if (this.#state.view !== "ready") this.#set({ view: "loading" });
    let state: UserListState;
    try {
      state = await this.#load(loading.signal);
    } catch (error) {
      if (loading.signal.aborted) return;
      this.#note(error);
      state = this.#failed(error);
    }
    if (!loading.signal.aborted) this.#set(state);
  }

  /** Forgets what is shown, because it belongs to another account, project or platform, and loads anew. */
  async restart(): Promise<void> {
    this.#state = { view: "loading" };
    await this.refresh();
  }

  /** Shows what was learnt of one user elsewhere. */
  update(user: RgwUser): void {
    if (this.#state.view !== "ready") return;
    const users = this.#state.users.map((one) => (one.id === user.id ? user : one));
    this.#set({ ...this.#state, users });
  }

  async pickProject(project: Project): Promise<void> {
    const { origin } = await this.#session.required();
    await this.#memento.update(projectKey(origin), project.id);
    await this.restart();
  }

  dispose(): void {
    this.#loading?.abort();
    this.#changed.dispose();
  }

  async #load(signal: AbortSignal): Promise<UserListState> {
    const session = await this.#session.current();
    if (!session) return { view: "signedOut" };
    const projects = await session.client.projects(signal);
    const project = this.#picked(projects, session);
    if (!project) return { view: projects.length === 0 ? "noProjects" : "chooseProject" };
    const users = await session.client.users(project.id, signal);
    return users.length === 0 ? { view: "empty", project } : { view: "ready", project, users };
  }

  #picked(projects: readonly Project[], { origin }: SignedIn): Project | undefined {
    const remembered = this.#memento.get<string>(projectKey(origin));
    return projects.find(({ id }) => id === remembered) ?? (projects.length === 1 ? projects[0] : undefined);
  }

  #failed(error: unknown): UserListState {
    if (error instanceof PlatformError && error.kind === "unauthorized") return { view: "expired" };
    const failure = explain(error);
    if (this.#state.view === "ready") return { ...this.#state, stale: failure };
    if (!(error instanceof PlatformError)) return { view: "misconfigured", failure };
    const view = error.kind === "unreachable" || error.kind === "forbidden" ? error.kind : "failed";
    return { view, failure };
  }

  #set(state: UserListState): void {
    this.#state = state;
    this.#changed.fire();
  }
}

function projectKey(origin: string): string {
  return `project ${origin}`;
}
