import type { Interceptor } from "./faults.ts";

/** Who may sign S3 requests with an access key id. */
export interface S3Identity {
  readonly userId: string;
  readonly displayName: string;
  readonly secretKey: string;
  readonly suspended: boolean;
  /** The quota over all buckets of the user in KiB; -1 for none. */
  readonly maxSizeKb: number;
}

/** The embedded S3 server asks it for every request, so that a rotated secret is dead at once. */
export type KeyLookup = (accessKeyId: string) => S3Identity | undefined;

export interface BucketSummary {
  readonly name: string;
  readonly createdAt: Date;
  readonly sizeBytes: number;
  readonly objectCount: number;
}

export type BucketDeletion = "deleted" | "missing" | "not-empty";

/** What a backend has to know of an RGW user. */
export interface BackendUser {
  readonly userId: string;
  readonly displayName: string;
  readonly accessKeyId: string;
  readonly secretKey: string;
  readonly maxSizeKb: number;
}

/** Where users' keys and buckets live: the embedded S3 server, or a real Ceph RGW. */
export interface Backend {
  /** What S3 clients talk to, e.g. `http://127.0.0.1:40001`. */
  readonly s3Endpoint: string;
  createUser(user: BackendUser): Promise<void>;
  /** Gives the access key a new secret; the old one is dead when this resolves. */
  setSecret(userId: string, accessKeyId: string, secretKey: string): Promise<void>;
  setQuota(userId: string, maxSizeKb: number): Promise<void>;
  setSuspended(userId: string, suspended: boolean): Promise<void>;
  buckets(userId: string): Promise<readonly BucketSummary[]>;
  /** Deletes one empty bucket of the user. */
  deleteBucket(userId: string, bucket: string): Promise<BucketDeletion>;
  /** Deletes the user with its key, its buckets and all in them. */
  deleteUser(userId: string): Promise<void>;
  close(): Promise<void>;
}

/** What the embedded S3 server (`s3/server.ts`) is started with. */
export interface S3ServerOptions {
  /** A directory of its own; what an earlier server left in it is served again. */
  readonly dataDir: string;
  readonly region: string;
  readonly lookup: KeyLookup;
  /** Runs around every request. */
  readonly intercept?: Interceptor | undefined;
  /** On 127.0.0.1; 0 or none for any free one. */
  readonly port?: number | undefined;
}

export interface S3Server {
  readonly endpoint: string;
  listBuckets(userId: string): Promise<readonly BucketSummary[]>;
  deleteBucket(userId: string, bucket: string): Promise<BucketDeletion>;
  /** Deletes the user's buckets and all in them. */
  purgeUser(userId: string): Promise<void>;
  close(): Promise<void>;
}
