import type { OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { S3Identity } from "../backend.ts";
import { permits } from "./acl.ts";
import type { Permission } from "./acl.ts";
import { S3Error } from "./errors.ts";
import type { S3Request } from "./request.ts";
import type { Bucket, Store, Version } from "./store.ts";

/** One request whose signature has been judged. */
export interface Call {
  readonly request: S3Request;
  readonly store: Store;
  readonly region: string;
  /** Nobody: an anonymous request. */
  readonly who: S3Identity | undefined;
  /** The body; fails at its end when it is not what the request has promised. To be read once. */
  readonly body: () => AsyncIterable<Uint8Array>;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
  /** Text is an XML document unless `headers` says otherwise. */
  readonly body?: string | Readable;
}

export type Operation = (call: Call) => Answer | Promise<Answer>;

/** The bucket of the request; a bucket's settings are for its owner alone, whatever the ACL says. */
export function openBucket(call: Call, wanted: Permission | "owner", name = call.request.bucket): Bucket {
  const bucket = call.store.bucket(name);
  if (bucket === undefined) throw new S3Error("NoSuchBucket");
  const allowed = wanted === "owner" ? bucket.ownerId === call.who?.userId : permits(bucket.acl, call.who, wanted);
  if (!allowed) throw new S3Error("AccessDenied");
  return bucket;
}

export interface Found {
  readonly bucket: Bucket;
  readonly version: Version;
}

export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
}

/** The object of the request. That it does not exist is told only to those who may list the bucket. */
export function openObject(call: Call, wanted: Permission, name = requestedObject(call)): Found {
  const bucket = call.store.bucket(name.bucket);
  if (bucket === undefined) throw new S3Error("NoSuchBucket");
  const version = name.versionId
    ? call.store.version(bucket, name.key, name.versionId)
    : call.store.latest(bucket, name.key);
  if (version === undefined || version.deleteMarker) {
    throw new S3Error(permits(bucket.acl, call.who, "READ") ? "NoSuchKey" : "AccessDenied");
  }
  if (!permits(version.info.acl, call.who, wanted)) throw new S3Error("AccessDenied");
  return { bucket, version };
}

function requestedObject({ request }: Call): ObjectName {
  return { bucket: request.bucket, key: request.key, versionId: request.query.get("versionId") };
}

/** RGW counts what is stored in blocks of 4 KiB, what comes in KiB, and takes nothing off for what it replaces. */
export function withinQuota(call: Call, bucket: Bucket, size: number): () => void {
  return () => {
    if (call.who === undefined || call.who.userId !== bucket.ownerId || call.who.maxSizeKb < 0) return;
    const used = call.store.blockBytes(bucket.ownerId) + Math.ceil(size / 1024) * 1024;
    if (used > call.who.maxSizeKb * 1024) throw new S3Error("QuotaExceeded");
  };
}

export async function bodyText(call: Call): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of call.body()) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** The ID and name of who makes the request. */
export function caller(call: Call): { id: string; name: string } {
  return call.who ? { id: call.who.userId, name: call.who.displayName } : { id: "anonymous", name: "" };
}

/** A count in the query, at most 1000. */
export function countParameter(call: Call, name: string): number {
  const text = call.request.query.get(name) ?? "";
  if (text === "") return 1000;
  if (!/^-?\d+$/.test(text)) throw new S3Error("InvalidArgument");
  return Math.min(Math.max(Number(text), 0), 1000);
}
