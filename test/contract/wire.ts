import { ListBucketsCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import type { Sandbox } from "../sandbox/sandbox.ts";

export interface WireUser {
  readonly id: string;
  readonly name: string;
  readonly project_id: string;
  readonly access_key_id: string;
  readonly secret_key: string;
  readonly locked: boolean;
  readonly quota: { readonly max_size_kb: number; readonly enabled: boolean };
}

export interface WireError {
  readonly request_id: string;
  readonly errors: readonly {
    readonly code: string;
    readonly message: string;
    readonly status: number;
    readonly field?: string;
    readonly source?: { readonly service: string; readonly operation: string };
    readonly meta?: { readonly validation_errors: Readonly<Record<string, readonly string[]>> };
  }[];
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

export type Call = (method: string, path: string, body?: unknown) => Promise<Reply>;

/** Calls to the platform as one token makes them; without a token, as nobody. */
export function callsWith({ platformUrl }: Sandbox, token?: string): Call {
  return async (method, path, body) => {
    const response = await fetch(`${platformUrl}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text === "" ? undefined : JSON.parse(text),
    };
  };
}

/** Checks that the platform refused, in its documented envelope, and answers the one error in it. */
export function refused(reply: Reply, status: number, code: string): WireError["errors"][number] {
  assert.equal(reply.status, status, reply.text);
  const { request_id, errors } = reply.body as WireError;
  assert.match(request_id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(errors.length, 1);
  const [error] = errors;
  assert.ok(error);
  assert.deepEqual([error.code, error.status], [code, status]);
  assert.notEqual(error.message, "");
  return error;
}

export interface Key {
  readonly access_key_id: string;
  readonly secret_key: string;
}

export function s3With({ s3Endpoint, region }: Sandbox, key: Key): S3Client {
  return new S3Client({
    endpoint: s3Endpoint,
    region,
    credentials: { accessKeyId: key.access_key_id, secretAccessKey: key.secret_key },
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: 1,
  });
}

/** What the S3 endpoint says about a key: `accepted`, or the name of its error. */
export async function verdict(sandbox: Sandbox, key: Key): Promise<string> {
  const client = s3With(sandbox, key);
  try {
    await client.send(new ListBucketsCommand({}));
    return "accepted";
  } catch (error) {
    if (error instanceof S3ServiceException) return error.name;
    throw error;
  } finally {
    client.destroy();
  }
}
