import { randomUUID } from "node:crypto";
import { Hono, type Context } from "hono";
import { z } from "zod";
import type { Account, SignIns } from "./accounts.ts";
import { ApiError, envelope, invalid } from "./apiError.ts";
import type { Backend, BucketSummary } from "./backend.ts";
import { UnknownUserError, type Directory } from "./directory.ts";
import type { Quirks } from "./quirks.ts";
import type { Quota, RgwUser, UserStore } from "./users.ts";

export interface PlatformParts {
  readonly store: UserStore;
  readonly directory: Directory;
  readonly backend: Backend;
  readonly signIns: SignIns;
  /** Asked anew for every request. */
  readonly quirks: () => Readonly<Quirks>;
}

type Environment = { Variables: { account: Account; operation: string | undefined } };
type Call = Context<Environment>;

/** The platform's REST API, as far as its object storage goes. */
export function platformApi(parts: PlatformParts): Hono<Environment> {
  const app = new Hono<Environment>();
  app.onError((error, call) => {
    const failure = asApiError(error);
    return call.json(envelope(failure, call.get("operation")), failure.status);
  });
  app.notFound((call) => call.json(envelope(new ApiError(404, "not_found", "No such route")), 404));
  // An error has its request id in the envelope. The documentation does not say whether other answers have one.
  app.use(async (call, next) => {
    await next();
    if (call.res.ok) call.header("X-Request-Id", randomUUID());
  });
  app.post("/login", (call) => login(call, parts));
  app.use(async (call, next) => {
    call.set("account", await authenticated(call, parts.signIns));
    await next();
  });
  app.get("/accounts/me", (call) => {
    const { id, login: email, name } = call.get("account");
    return call.json({ id, login: email, email, name });
  });
  app.get("/projects", (call) => page(call, parts, visibleProjects(call.get("account"), parts)));
  addUserCalls(app, parts);
  addBucketCalls(app, parts);
  return app;
}

function addUserCalls(app: Hono<Environment>, parts: PlatformParts): void {
  const { store, directory } = parts;
  app.get("/rgw/users", operation("list"), (call) => {
    const users = store.usersOf(projectToList(call, parts));
    return page(
      call,
      parts,
      users.map((user) => listed(user, parts.quirks())),
    );
  });
  app.post("/rgw/users", operation("create"), async (call) => {
    const { name, project_id: projectId } = await newUserBody(call);
    seesProject(call.get("account"), projectId, parts);
    mayChange(call.get("account"));
    const user = await directory.create({ name, projectId });
    if (!user) throw invalid("name", "has already been taken");
    return call.json(described(user, user.secretKey), 201);
  });
  app.get("/rgw/users/:id", operation("show"), (call) => call.json(masked(userOf(call, parts), parts.quirks())));
  app.post("/rgw/users/:id/renew_key", operation("renew_key"), async (call) => {
    mayChange(call.get("account"));
    const user = await directory.renewKey(userOf(call, parts).id);
    return call.json(user.locked ? lockedRenewal(user, parts.quirks()) : described(user, user.secretKey));
  });
  app.patch("/rgw/users/:id", operation("update"), async (call) => {
    let user = userOf(call, parts);
    if (call.get("account").role !== "admin") throw forbidden("Only a platform admin may set quota or locked");
    const { locked, quota } = await userChangeBody(call);
    if (locked !== undefined) user = await directory.setLocked(user.id, locked);
    if (quota) user = await directory.setQuota(user.id, quota);
    return call.json(masked(user, parts.quirks()));
  });
  app.delete("/rgw/users/:id", operation("delete"), async (call) => {
    mayChange(call.get("account"));
    const deletion = await directory.delete(userOf(call, parts).id, call.req.query("purge_objects") === "true");
    if (deletion === "locked") throw new ApiError(422, "locked", "A locked user cannot be deleted");
    if (deletion === "has-buckets") throw new ApiError(422, "not_empty", "The user has buckets");
    return call.body(null, 204);
  });
}

function addBucketCalls(app: Hono<Environment>, parts: PlatformParts): void {
  const { backend } = parts;
  app.get("/rgw/users/:id/buckets", operation("list_buckets"), async (call) => {
    const buckets = await backend.buckets(userOf(call, parts).id);
    return page(call, parts, buckets.map(describedBucket));
  });
  app.get("/rgw/users/:id/buckets/:bucket", operation("show_bucket"), async (call) => {
    const buckets = await backend.buckets(userOf(call, parts).id);
    const bucket = buckets.find(({ name }) => name === call.req.param("bucket"));
    if (!bucket) throw new ApiError(404, "not_found", "No such bucket");
    return call.json(describedBucket(bucket));
  });
  app.delete("/rgw/users/:id/buckets/:bucket", operation("delete_bucket"), async (call) => {
    mayChange(call.get("account"));
    const deletion = await backend.deleteBucket(userOf(call, parts).id, call.req.param("bucket") ?? "");
    if (deletion === "missing") throw new ApiError(404, "not_found", "No such bucket");
    if (deletion === "not-empty") throw new ApiError(422, "not_empty", "The bucket is not empty");
    return call.body(null, 204);
  });
}

/** Names the RGW operation in error answers. */
function operation(name: string) {
  return async (call: Call, next: () => Promise<void>) => {
    call.set("operation", name);
    await next();
  };
}

function asApiError(error: Error): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof UnknownUserError) return unknownUser();
  console.error(`The sandbox failed: ${error.message}`);
  return new ApiError(500, "internal_error", "Internal error");
}

async function login(call: Call, { signIns, quirks }: PlatformParts): Promise<Response> {
  const body = z.object({ login: z.string(), password: z.string() }).safeParse(await json(call));
  if (!body.success) throw invalid("login", "login and password are needed");
  const token = await signIns.signIn(body.data.login, body.data.password);
  if (token === undefined) throw new ApiError(401, "unauthorized", "Wrong login or password");
  call.header("Authorization", quirks().bearerInLogin ? `Bearer ${token}` : token);
  return call.json({ message: "Signed in" });
}

async function authenticated(call: Call, signIns: SignIns): Promise<Account> {
  const [, token] = /^Bearer +(\S+)$/i.exec(call.req.header("authorization") ?? "") ?? [];
  const account = token === undefined ? undefined : await signIns.whose(token);
  if (!account) throw new ApiError(401, "unauthorized", "The token is missing, wrong, or has expired");
  return account;
}

function visibleProjects(account: Account, { store }: PlatformParts) {
  return store.projects.filter(({ id }) => account.role === "admin" || account.projectIds.includes(id));
}

function seesProject(account: Account, projectId: string, parts: PlatformParts): void {
  if (!parts.store.project(projectId)) throw new ApiError(404, "not_found", "No such project");
  const visible = visibleProjects(account, parts).some(({ id }) => id === projectId);
  if (!visible) throw forbidden("You are not a member of this project");
}

function mayChange(account: Account): void {
  if (account.role === "reader") throw forbidden("Your membership does not permit this");
}

function forbidden(message: string): ApiError {
  return new ApiError(403, "forbidden", message);
}

function unknownUser(): ApiError {
  return new ApiError(404, "not_found", "No such RGW user");
}

function projectToList(call: Call, parts: PlatformParts): string {
  const projectId = call.req.query("project_id");
  if (projectId === undefined || projectId === "") throw invalid("project_id", "can't be blank");
  seesProject(call.get("account"), projectId, parts);
  return projectId;
}

function userOf(call: Call, parts: PlatformParts): RgwUser {
  const user = parts.store.user(call.req.param("id") ?? "");
  if (!user) throw unknownUser();
  seesProject(call.get("account"), user.projectId, parts);
  return user;
}

const newUserSchema = z.object({
  name: z
    .string("can't be blank")
    .refine((name) => name.trim() !== "", "can't be blank")
    .max(255, "is too long (maximum is 255 characters)"),
  project_id: z.string("can't be blank"),
});

const nestedSchema = z.looseObject({ user: z.looseObject({}).optional() });

/** The documentation has the parameters both flat and in an object `user`: either will do. */
async function newUserBody(call: Call): Promise<z.infer<typeof newUserSchema>> {
  const { user, ...flat } = valid(nestedSchema, await json(call));
  return valid(newUserSchema, { ...flat, ...user });
}

const userChangeSchema = z.object({
  locked: z.boolean("is not true or false").optional(),
  quota: z
    .object({ max_size_kb: z.int("is not a number").min(-1).optional(), enabled: z.boolean().optional() })
    .optional(),
});

async function userChangeBody(call: Call): Promise<{ locked?: boolean | undefined; quota?: Partial<Quota> }> {
  const { locked, quota } = valid(userChangeSchema, await json(call));
  if (!quota) return { locked };
  const { max_size_kb: maxSizeKb, enabled } = quota;
  return {
    locked,
    quota: { ...(maxSizeKb === undefined ? {} : { maxSizeKb }), ...(enabled === undefined ? {} : { enabled }) },
  };
}

function valid<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(issue?.path.join(".") ?? "", issue?.message ?? "");
}

async function json(call: Call): Promise<object> {
  const body: unknown = await call.req.json().catch(() => undefined);
  if (typeof body === "object" && body !== null) return body;
  throw new ApiError(400, "bad_request", "The body is not a JSON object");
}

function described(user: RgwUser, secretKey: string | null): object {
  return {
    id: user.id,
    name: user.name,
    project_id: user.projectId,
    access_key_id: user.accessKeyId,
    ...(secretKey === null ? {} : { secret_key: secretKey }),
    locked: user.locked,
    quota: { max_size_kb: user.quota.maxSizeKb, enabled: user.quota.enabled },
  };
}

function masked(user: RgwUser, quirks: Readonly<Quirks>): object {
  return described(user, quirks.mask);
}

function listed(user: RgwUser, quirks: Readonly<Quirks>): object {
  return { ...masked(user, quirks), ...(quirks.quotaInLists ? {} : { quota: undefined }) };
}

function lockedRenewal(user: RgwUser, quirks: Readonly<Quirks>): object {
  switch (quirks.lockedRenewal) {
    case "unchanged":
      return described(user, user.secretKey);
    case "masked":
      return described(user, quirks.mask);
    case "empty":
      return described(user, "");
    case "missing":
      return described(user, null);
  }
}

function describedBucket(bucket: BucketSummary): object {
  return {
    name: bucket.name,
    created_at: bucket.createdAt.toISOString(),
    size_bytes: bucket.sizeBytes,
    object_count: bucket.objectCount,
  };
}

/** A list, or the page of it that `page` asks for, with a `Link` to the next one. */
function page(call: Call, { quirks }: PlatformParts, all: readonly object[]): Response {
  const { pageSize, wrapListsIn } = quirks();
  const number = Math.max(1, Number(call.req.query("page") ?? 1) || 1);
  const entries = pageSize === 0 ? all : all.slice((number - 1) * pageSize, number * pageSize);
  if (pageSize > 0 && number * pageSize < all.length) {
    const next = new URL(call.req.url);
    next.searchParams.set("page", String(number + 1));
    call.header("Link", `<${next.href}>; rel="next"`);
  }
  return call.json(wrapListsIn === null ? entries : { [wrapListsIn]: entries });
}
