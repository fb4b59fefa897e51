import { createHash, createHmac, type Hash as NodeHash, type Hmac } from "node:crypto";
import { HttpRequest } from "@smithy/protocol-http";
import { SignatureV4 } from "@smithy/signature-v4";
import { z } from "zod";
import type { BackendUser, BucketDeletion, BucketSummary } from "../backend.ts";
import type { Ceph } from "./ceph.ts";

/** An answer of RGW's Admin Ops that is not a success. */
export class AdminOpsError extends Error {
  readonly status: number;
  /** RGW's own word for it, e.g. `NoSuchUser`. */
  readonly code: string;

  constructor(operation: string, status: number, code: string) {
    super(`RGW answered ${status} ${code} to ${operation}`);
    this.name = "AdminOpsError";
    this.status = status;
    this.code = code;
  }
}

type Query = Readonly<Record<string, string>>;

/** RGW's Admin Ops: users, keys, quotas, buckets. Requests are signed like those of S3. */
export class AdminOps {
  readonly #endpoint: URL;
  readonly #signer: SignatureV4;

  constructor(ceph: Ceph) {
    this.#endpoint = new URL(ceph.endpoint);
    this.#signer = new SignatureV4({
      service: "s3",
      region: ceph.region,
      uriEscapePath: false,
      sha256: Sha256,
      credentials: { accessKeyId: ceph.admin.accessKeyId, secretAccessKey: ceph.admin.secretKey },
    });
  }

  async createUser(user: BackendUser): Promise<void> {
    const key = { "access-key": user.accessKeyId, "secret-key": user.secretKey, "key-type": "s3" };
    await this.#call("create user", "PUT", "/admin/user", {
      uid: user.userId,
      "display-name": user.displayName,
      ...key,
    });
    await this.setQuota(user.userId, user.maxSizeKb);
  }

  async setSecret(userId: string, accessKeyId: string, secretKey: string): Promise<void> {
    const key = { "access-key": accessKeyId, "secret-key": secretKey, "key-type": "s3", "generate-key": "false" };
    await this.#call("set secret", "PUT", "/admin/user", { key: "", uid: userId, ...key });
  }

  async setQuota(userId: string, maxSizeKb: number): Promise<void> {
    const quota = { "quota-type": "user", "max-size-kb": String(maxSizeKb), enabled: String(maxSizeKb >= 0) };
    await this.#call("set quota", "PUT", "/admin/user", { quota: "", uid: userId, ...quota });
  }

  async setSuspended(userId: string, suspended: boolean): Promise<void> {
    await this.#call("suspend user", "POST", "/admin/user", { uid: userId, suspended: String(suspended) });
  }

  async buckets(userId: string): Promise<readonly BucketSummary[]> {
    const answer = await this.#call("list buckets", "GET", "/admin/bucket", { uid: userId, stats: "true" });
    return bucketsSchema.parse(JSON.parse(answer)).map((bucket) => ({
      name: bucket.bucket,
      createdAt: new Date(bucket.creation_time),
      sizeBytes: bucket.usage["rgw.main"]?.size ?? 0,
      objectCount: bucket.usage["rgw.main"]?.num_objects ?? 0,
    }));
  }

  async deleteBucket(userId: string, bucket: string): Promise<BucketDeletion> {
    const own = await this.buckets(userId);
    if (!own.some(({ name }) => name === bucket)) return "missing";
    try {
      await this.#call("delete bucket", "DELETE", "/admin/bucket", { bucket });
      return "deleted";
    } catch (error) {
      if (error instanceof AdminOpsError && error.status === 409) return "not-empty";
      throw error;
    }
  }

  /** Deletes the user, its buckets and all in them. */
  async deleteUser(userId: string): Promise<void> {
    await this.#call("delete user", "DELETE", "/admin/user", { uid: userId, "purge-data": "true" });
  }

  async #call(operation: string, method: string, path: string, query: Query): Promise<string> {
    const unsigned = new HttpRequest({ method, path, query, headers: { host: this.#endpoint.host } });
    const { headers } = await this.#signer.sign(unsigned);
    delete headers["host"]; // fetch sends the same one itself
    const response = await fetch(new URL(`${path}?${encoded(query)}`, this.#endpoint), { method, headers });
    const text = await response.text();
    if (!response.ok) throw new AdminOpsError(operation, response.status, /"Code":"(\w+)"/.exec(text)?.[1] ?? "");
    return text;
  }
}

const bucketsSchema = z.array(
  z.object({
    bucket: z.string(),
    creation_time: z.string(),
    usage: z.record(z.string(), z.object({ size: z.number(), num_objects: z.number() })),
  }),
);

/** Encoded as it is signed: `URLSearchParams` would write `+` for a space, and leave `*` alone. */
function encoded(query: Query): string {
  const strict = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return Object.entries(query)
    .map(([name, value]) => `${strict(name)}=${strict(value)}`)
    .join("&");
}

class Sha256 {
  readonly #hash: NodeHash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytes(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytes(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {}
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === "string") return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
