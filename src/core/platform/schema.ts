import * as z from "zod/mini";
import { Secret } from "../secret.ts";

/*
 * The platform's JSON in our own words. Unknown fields may come at any time and are dropped; a `null` where a field may be
 * missing counts as missing. Source: the platform's API pages (object storage, keys, projects, errors).
 */

export interface Quota {
  /** KB of 1,024 bytes; -1 = no limit */
  readonly maxSizeKb: number;
  readonly enabled: boolean;
}

/** An RGW user: an S3 identity of one project, with exactly one key pair. */
export interface RgwUser {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
  /** Never changes, not by a rotation either. Empty where the platform does not tell. */
  readonly accessKeyId: string;
  readonly locked: boolean;
  /** May be missing in lists. */
  readonly quota?: Quota;
}

/** What `renew_key` answers. */
export interface RenewedKey {
  /** A locked user's key is not renewed: the call is a no-op that answers the key as it was. */
  readonly locked: boolean;
  readonly accessKeyId?: string;
  /** Absent when the answer carries none, or one that is masked. */
  readonly secret?: Secret;
  /** What support asks for. **(open)** whether a successful answer has one, in its `X-Request-Id` header. */
  readonly requestId?: string;
}

export interface Project {
  readonly id: string;
  readonly name: string;
}

export interface Account {
  /** What a person knows the account by: its e-mail address, login or name. */
  readonly label: string;
}

const optional = <T extends z.core.SomeType>(schema: T) => z.optional(z.nullable(schema));
const text = z.string().check(z.minLength(1));

const userJson = z.object({
  id: text,
  name: optional(z.string()),
  project_id: optional(z.string()),
  access_key_id: optional(z.string()),
  secret_key: optional(z.string()),
  locked: optional(z.boolean()),
  quota: optional(z.object({ max_size_kb: optional(z.number()), enabled: optional(z.boolean()) })),
});

/** Whatever else is there instead, it counts as missing. */
// oxlint-disable-next-line promise/valid-params -- no promise
const lenient = <T extends z.core.SomeType>(schema: T) => z.catch(optional(schema), undefined);

const renewedJson = z.object({
  access_key_id: lenient(z.string()),
  secret_key: lenient(z.string()),
  locked: lenient(
    z.union([
      z.boolean(),
      z.stringbool(),
      z.pipe(
        z.literal([0, 1]),
        z.transform((digit) => digit === 1),
      ),
    ]),
  ),
});

const projectJson = z.object({ id: text, name: optional(z.string()) });

const accountJson = z.object({
  email: optional(z.string()),
  login: optional(z.string()),
  name: optional(z.string()),
  id: optional(z.union([z.string(), z.number()])),
});

const errorJson = z.object({
  request_id: optional(z.string()),
  errors: optional(
    z.array(
      z.object({
        code: optional(z.string()),
        message: optional(z.string()),
        field: optional(z.string()),
        meta: optional(z.object({ validation_errors: optional(z.record(z.string(), z.array(z.string()))) })),
      }),
    ),
  ),
});

export interface ErrorEnvelope {
  readonly requestId?: string;
  readonly said?: string;
  readonly fields: Readonly<Record<string, readonly string[]>>;
}

export function parseUser(json: unknown): RgwUser {
  return toUser(userJson.parse(unwrap(json, "user")));
}

export function parseUsers(json: unknown): readonly RgwUser[] {
  return listOf(json, userJson).map(toUser);
}

/**
 * Reads as much as there is: the secret in it exists nowhere else, so that no other field may be missed so badly that it
 * is thrown away. Whether it is the live one is for the S3 endpoint to say.
 */
export function parseRenewedKey(json: unknown): RenewedKey {
  const { locked, secret_key: secret, access_key_id: accessKeyId } = renewedJson.parse(unwrap(json, "user"));
  return {
    locked: locked === true,
    ...(accessKeyId && { accessKeyId }),
    ...(secret && !looksMasked(secret, accessKeyId ?? "") && { secret: new Secret(secret) }),
  };
}

export function parseProjects(json: unknown): readonly Project[] {
  return listOf(json, projectJson).map(({ id, name }) => ({ id, name: name || id }));
}

export function parseAccount(json: unknown): Account {
  const { email, login, name, id } = accountJson.parse(unwrap(json, "account"));
  return { label: email || login || name || String(id ?? "") };
}

/** An error envelope, or nothing where a proxy answered in the platform's place. */
export function parseError(json: unknown): ErrorEnvelope | undefined {
  const parsed = errorJson.safeParse(json);
  if (!parsed.success) return undefined;
  const errors = parsed.data.errors ?? [];
  const fields: Record<string, string[]> = {};
  for (const { field, message, meta } of errors) {
    const named = meta?.validation_errors ?? (field ? { [field]: [message ?? ""] } : {});
    for (const [name, messages] of Object.entries(named)) (fields[name] ??= []).push(...messages);
  }
  const said = errors.map((error) => error.message || error.code || "").find((words) => words !== "");
  return {
    ...(parsed.data.request_id && { requestId: parsed.data.request_id }),
    ...(said && { said: said.slice(0, 300) }),
    fields,
  };
}

/**
 * How the platform masks a secret is not documented. A secret is taken for masked when it has no more than its first or
 * last characters in clear, or is a word for hiding. This is a first sieve only: what counts in the end is whether S3 accepts it.
 */
export function looksMasked(secret: string, accessKeyId: string): boolean {
  return (
    secret.trim() === "" ||
    secret === accessKeyId ||
    /[*•●…█]|\.{3}|x{6}/iu.test(secret) ||
    /^\W*(masked|hidden|redacted|filtered|secret|null|none|n\/a)\W*$/i.test(secret) ||
    new Set(secret).size < 3
  );
}

function toUser(user: z.infer<typeof userJson>): RgwUser {
  const { quota } = user;
  return {
    id: user.id,
    name: user.name || user.id,
    projectId: user.project_id ?? "",
    accessKeyId: user.access_key_id ?? "",
    locked: user.locked ?? false,
    ...(quota && { quota: { maxSizeKb: quota.max_size_kb ?? -1, enabled: quota.enabled ?? false } }),
  };
}

/** A list is a bare array, or an object that wraps one: the API's pages show both. */
function listOf<T extends z.core.$ZodType>(json: unknown, item: T): z.output<T>[] {
  const list = Array.isArray(json)
    ? json
    : Object.values(z.record(z.string(), z.unknown()).parse(json)).find(Array.isArray);
  return z.array(item).parse(list);
}

/** A single thing may come bare, or under its name as in the provisioning guide. */
function unwrap(json: unknown, name: string): unknown {
  const wrapped = z.object({ [name]: z.record(z.string(), z.unknown()) }).safeParse(json);
  return wrapped.success ? wrapped.data[name] : json;
}
