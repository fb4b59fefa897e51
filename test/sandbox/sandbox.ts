import { getRequestListener } from "@hono/node-server";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newAccount, SignIns, usualLifetimeSeconds, type Account } from "./accounts.ts";
import { envelope } from "./apiError.ts";
import type { Backend } from "./backend.ts";
import { controlApi } from "./control.ts";
import { Directory, UnknownUserError } from "./directory.ts";
import { startEmbeddedBackend } from "./embedded.ts";
import { Faults, type Interceptor } from "./faults.ts";
import { serveLoopback } from "./loopback.ts";
import { platformApi } from "./platform.ts";
import { usualQuirks, type Quirks } from "./quirks.ts";
import { RequestLog } from "./requests.ts";
import { startRgwBackend } from "./rgw/backend.ts";
import { seedObjects, seedUsers, type SeedOptions } from "./seed.ts";
import { UserStore, type Project, type RgwUser } from "./users.ts";

export interface SandboxOptions extends SeedOptions {
  /** Where keys and buckets live; `embedded` if not given. */
  readonly backend?: "embedded" | "rgw" | undefined;
  /** Port of the platform's API on 127.0.0.1; any free one if not given. */
  readonly port?: number | undefined;
  /** Port of the S3 endpoint on 127.0.0.1; any free one if not given. */
  readonly s3Port?: number | undefined;
  /** Keeps users and objects for the next sandbox with this directory; not with `rgw`, whose store is in memory. */
  readonly dataDir?: string | undefined;
}

/** The sandbox from within: what happens on it, and what is to happen. */
export interface Controls {
  /** Static API tokens: the admin's sees all projects, the member's all but the second. */
  readonly tokens: { readonly admin: string; readonly member: string };
  readonly signIns: SignIns;
  readonly projects: readonly Project[];
  /** All users with their current secrets. */
  readonly users: readonly RgwUser[];
  user(id: string): RgwUser;
  /** As an admin would, but by no request. */
  setLocked(id: string, locked: boolean): Promise<void>;
  setSuspended(id: string, suspended: boolean): Promise<void>;
  readonly faults: { readonly platform: Faults; readonly s3: Faults };
  readonly requests: RequestLog;
  readonly quirks: Readonly<Quirks>;
  setQuirks(quirks: Partial<Quirks>): void;
  /** For the next test: no faults, no quirks, no requests remembered. */
  reset(): void;
}

/** The platform in a box, running. */
export interface Sandbox extends Controls, AsyncDisposable {
  readonly platformUrl: string;
  readonly s3Endpoint: string;
  readonly region: string;
  close(): Promise<void>;
}

type RequestListener = ReturnType<typeof getRequestListener>;

interface Parts {
  readonly store: UserStore;
  readonly backend: Backend;
  readonly directory: Directory;
  readonly faults: Controls["faults"];
  readonly requests: RequestLog;
}

export const region = "de-muc1";

/** Starts the platform's API and an S3 endpoint, with sample data unless the data directory has some already. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  await using started = new AsyncDisposableStack(); // what a start that fails takes back
  const dir = options.dataDir ?? started.adopt(temporaryDirectory(), (it) => it.remove()).path;
  const parts = await startParts(options, dir, started);
  await seed(parts, options);
  parts.requests.clear();

  const controls = sandboxControls(parts);
  const api = getRequestListener(
    platformApi({ ...parts, signIns: controls.signIns, quirks: () => controls.quirks }).fetch,
  );
  const control = getRequestListener(controlApi(controls).fetch);
  const intercept = parts.requests.before("platform", parts.faults.platform.intercept);
  const server = await serveLoopback(options.port ?? 0, exceptControl(intercept, control), api);
  started.adopt(server, (it) => it.close());
  const running = started.move();
  const close = () => running.disposeAsync();
  const endpoints = { platformUrl: server.url, s3Endpoint: parts.backend.s3Endpoint, region };
  return Object.assign(controls, endpoints, { close, [Symbol.asyncDispose]: close });
}

async function startParts(options: SandboxOptions, dir: string, started: AsyncDisposableStack): Promise<Parts> {
  const store = UserStore.open(options.dataDir === undefined ? undefined : join(options.dataDir, "users.json"));
  const requests = new RequestLog();
  const faults = { platform: new Faults(platformError), s3: new Faults(s3Error) };
  const intercept = requests.before("s3", faults.s3.intercept);
  const port = options.s3Port ?? 0;
  const lookup = (accessKeyId: string) => store.identity(accessKeyId);
  const backend =
    options.backend === "rgw"
      ? await startRgwBackend(region, intercept, port)
      : await startEmbeddedBackend({ dataDir: join(dir, "s3"), region, lookup, intercept, port });
  started.adopt(backend, (it) => it.close());
  return { store, backend, directory: new Directory(store, backend), faults, requests };
}

async function seed({ store, backend, directory }: Parts, options: SandboxOptions): Promise<void> {
  if (store.projects.length > 0) return;
  await seedUsers(store, directory, options);
  await seedObjects(store, { endpoint: backend.s3Endpoint, region }, options);
}

function sandboxControls({ store, directory, faults, requests }: Parts): Controls {
  const signIns = new SignIns(sampleAccounts(store.projects));
  const [admin, member] = signIns.accounts;
  if (!admin || !member) throw new Error("There are no sample accounts");
  let quirks = usualQuirks;
  return {
    tokens: { admin: signIns.issueToken(admin), member: signIns.issueToken(member) },
    signIns,
    projects: store.projects,
    get users() {
      return store.users;
    },
    user(id) {
      const user = store.user(id);
      if (!user) throw new UnknownUserError(`No user ${id}`);
      return user;
    },
    setLocked: async (id, locked) => void (await directory.setLocked(id, locked)),
    setSuspended: async (id, suspended) => void (await directory.setSuspended(id, suspended)),
    faults,
    requests,
    get quirks() {
      return quirks;
    },
    setQuirks: (changed) => void (quirks = { ...quirks, ...changed }),
    reset() {
      faults.platform.clear();
      faults.s3.clear();
      requests.clear();
      signIns.lifetimeSeconds = usualLifetimeSeconds;
      quirks = usualQuirks;
    },
  };
}

/** One of every kind: sees all, sees some, may only look, sees no project at all. The first two have static tokens. */
function sampleAccounts(projects: readonly Project[]): readonly Account[] {
  const [shop, , playground] = projects.map(({ id }) => id);
  const some = [shop, playground].filter((id) => id !== undefined);
  return [
    newAccount("admin", "admin", []),
    newAccount("member", "manager", some),
    newAccount("reader", "reader", some.slice(0, 1)),
    newAccount("newcomer", "manager", []),
  ];
}

/** The control calls go by no fault and into no log: they are what takes faults back. */
function exceptControl(intercept: Interceptor, control: RequestListener): Interceptor {
  return async (request, response, act) => {
    await (request.url?.startsWith("/_sandbox/") ? control(request, response) : intercept(request, response, act));
  };
}

function platformError(status: number, code: string, message: string) {
  return { contentType: "application/json", body: JSON.stringify(envelope({ status, code, message })) };
}

function s3Error(_status: number, code: string, message: string) {
  const escaped = message.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${escaped}</Message></Error>`;
  return { contentType: "application/xml", body };
}

/** A directory that is gone at the latest when the process ends. */
function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "rgw-keyring-sandbox-"));
  const remove = () => {
    process.off("exit", remove);
    rmSync(path, { recursive: true, force: true });
  };
  process.once("exit", remove);
  return { path, remove };
}
