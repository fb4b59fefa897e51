import type { OutgoingHttpHeaders } from "node:http";
import { aclDocument, cannedAcl, parseAcl } from "./acl.ts";
import { bodyText, caller, openBucket, openObject, withinQuota } from "./call.ts";
import type { Answer, Call, Found, ObjectName } from "./call.ts";
import { isUnchanged, requestedRange, writeConditions } from "./conditions.ts";
import { S3Error } from "./errors.ts";
import { decodePath, objectKey } from "./request.ts";
import type { Bucket, Check, ObjectInfo, Version } from "./store.ts";
import { parseTagHeader, parseTags, tagsDocument } from "./tags.ts";
import { childText, children, element, elements, parseXml, s3Document } from "./xml.ts";
import type { Xml, XmlTree } from "./xml.ts";

const keptHeaders = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
  "x-amz-storage-class",
];
const overridable = keptHeaders.filter((name) => name !== "x-amz-storage-class");

/** GET and HEAD. */
export function getObject(call: Call): Answer {
  const { request, store } = call;
  const { bucket, version } = openObject(call, "READ");
  if (isUnchanged(request, version)) return { status: 304 };
  const range = requestedRange(request.header("range"), version.size);
  const { start, end } = range ?? { start: 0, end: version.size - 1 };
  const headers = {
    ...objectHeaders(bucket, version),
    ...overrides(call),
    "content-length": end - start + 1,
    ...(range && { "content-range": `bytes ${start}-${end}/${version.size}` }),
  };
  const status = range ? 206 : 200;
  if (request.method === "HEAD") return { status, headers };
  return { status, headers, body: store.readBody(version, start, end) };
}

function objectHeaders(bucket: Bucket, version: Version): OutgoingHttpHeaders {
  const { headers, tags } = version.info;
  return {
    "accept-ranges": "bytes",
    "last-modified": new Date(version.modifiedAt).toUTCString(),
    "x-rgw-object-type": "Normal",
    etag: `"${version.etag}"`,
    "content-type": "binary/octet-stream",
    ...headers,
    ...(bucket.versioning !== "" && { "x-amz-version-id": version.versionId }),
    ...(tags.length > 0 && { "x-amz-tagging-count": tags.length }),
  };
}

function overrides({ request }: Call): OutgoingHttpHeaders {
  const given = overridable.flatMap((name) => {
    const value = request.query.get(`response-${name}`);
    return value === undefined ? [] : [[name, Buffer.from(value).toString("latin1")] as const];
  });
  return Object.fromEntries(given);
}

export async function putObject(call: Call): Promise<Answer> {
  const bucket = openBucket(call, "WRITE");
  const info = newInfo(call, bucket);
  const body = await call.store.writeBody(call.body());
  const check = allOf(writeConditions(call.request), withinQuota(call, bucket, body.size));
  const version = await call.store.put(bucket, call.request.key, body, info, check);
  return { headers: { etag: `"${version.etag}"`, ...writtenVersion(bucket, version) } };
}

function allOf(...checks: readonly Check[]): Check {
  return (current) => {
    for (const check of checks) check(current);
  };
}

/** RGW names the version only where versioning is on, not where it is suspended. */
export function writtenVersion(bucket: Bucket, version: Version): OutgoingHttpHeaders {
  return bucket.versioning === "Enabled" ? { "x-amz-version-id": version.versionId } : {};
}

/** What the headers of a request say about the object that it makes. What nobody wrote is the bucket owner's. */
export function newInfo(call: Call, bucket: Bucket): ObjectInfo {
  const { request } = call;
  const storageClass = request.header("x-amz-storage-class") ?? "STANDARD";
  if (storageClass !== "STANDARD") throw new S3Error("InvalidArgument");
  const names = Object.keys(request.incoming.headers).filter((name) => name.startsWith("x-amz-meta-"));
  const kept = [...keptHeaders, ...names].flatMap((name) => {
    const value = request.header(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    headers: Object.fromEntries(kept),
    tags: parseTagHeader(request.header("x-amz-tagging")),
    acl: cannedAcl(call.who ? caller(call) : bucket.acl.owner, request.header("x-amz-acl")),
  };
}

/** RGW 16.2 ignores the conditions of a copy, and does not name the version that it makes. */
export async function copyObject(call: Call): Promise<Answer> {
  const { request, store } = call;
  const name = copySource(call);
  const directive = request.header("x-amz-metadata-directive") ?? "COPY";
  if (directive !== "COPY" && directive !== "REPLACE") {
    throw new S3Error("InvalidArgument", "Unknown metadata directive.");
  }
  const bucket = openBucket(call, "WRITE");
  const source = openObject(call, "READ", name);
  const inPlace = source.bucket.id === bucket.id && source.version.key === request.key && !name.versionId;
  if (inPlace && directive === "COPY") throw new S3Error("InvalidRequest", selfCopy);
  const info = newInfo(call, bucket);
  const kept = directive === "COPY" ? { ...source.version.info, acl: info.acl } : info;
  const body = { ...(await store.writeBody(store.readBody(source.version))), etag: source.version.etag };
  const version = await store.put(bucket, request.key, body, kept, withinQuota(call, bucket, body.size));
  const content = elements({ LastModified: isoTime(version.modifiedAt), ETag: version.etag });
  return { body: s3Document("CopyObjectResult", ...content) };
}

const selfCopy =
  "This copy request is illegal because it is trying to copy an object to itself without changing the object's " +
  "metadata, storage class, website redirect location or encryption attributes.";

/** `[/]bucket/key[?versionId=…]`, percent-encoded. */
export function copySource({ request }: Call): ObjectName {
  const [path = "", query = ""] = (request.header("x-amz-copy-source") ?? "").split("?");
  const [, bucket = "", key = ""] = /^\/?([^/]+)\/(.+)$/s.exec(path) ?? [];
  if (bucket === "") throw new S3Error("InvalidArgument");
  const versionId = /^versionId=(.+)$/.exec(query)?.[1];
  return { bucket: decodePath(bucket), key: objectKey(key), versionId };
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

export async function deleteObject(call: Call): Promise<Answer> {
  const bucket = openBucket(call, "WRITE");
  const done = await deleteOne(call, bucket, call.request.key, call.request.query.get("versionId"));
  return {
    status: 204,
    headers: {
      ...(done.versionId && { "x-amz-version-id": done.versionId }),
      ...(done.marker && { "x-amz-delete-marker": "true" }),
    },
  };
}

interface Deletion {
  /** The version that is gone, or the delete marker that was put there. */
  readonly versionId?: string;
  readonly marker?: boolean;
}

async function deleteOne(call: Call, bucket: Bucket, key: string, versionId = ""): Promise<Deletion> {
  const { store } = call;
  if (versionId === "" && bucket.versioning !== "") {
    const acl = cannedAcl(caller(call));
    const marker = await store.put(bucket, key, undefined, { headers: {}, tags: [], acl });
    return { versionId: marker.versionId, marker: true };
  }
  const version = store.version(bucket, key, versionId || "null");
  if (version === undefined) return {};
  await store.remove(bucket, version);
  return versionId === "" ? {} : { versionId, marker: version.deleteMarker };
}

/** To a request that it does not understand RGW answers 400 without a body. */
export async function deleteObjects(call: Call): Promise<Answer> {
  const bucket = openBucket(call, "WRITE");
  const text = await bodyText(call);
  const tree = readDeletion(text);
  if (tree === undefined) return { status: 400 };
  const quiet = childText(tree, "Quiet") === "true";
  const results: Xml[] = [];
  for (const object of children(tree, "Object")) {
    const key = childText(object, "Key") ?? "";
    const versionId = childText(object, "VersionId");
    const done = await deleteOne(call, bucket, key, versionId);
    if (!quiet) results.push(deletedElement(key, versionId, done));
  }
  return { body: s3Document("DeleteResult", ...results) };
}

function readDeletion(text: string): XmlTree | undefined {
  try {
    const tree = parseXml(text, "Delete");
    return children(tree, "Object").length > 1000 ? undefined : tree;
  } catch {
    return undefined;
  }
}

function deletedElement(key: string, versionId: string | undefined, { versionId: done, marker }: Deletion): Xml {
  const placed = marker === true && !versionId;
  return element(
    "Deleted",
    elements({
      Key: key,
      VersionId: versionId,
      DeleteMarker: placed ? true : undefined,
      DeleteMarkerVersionId: placed ? done : undefined,
    }),
  );
}

export function getObjectTagging(call: Call): Answer {
  return { body: tagsDocument(openObject(call, "READ").version.info.tags) };
}

export async function putObjectTagging(call: Call): Promise<Answer> {
  return changeInfo(call, openObject(call, "WRITE"), { tags: parseTags(await bodyText(call)) });
}

export function deleteObjectTagging(call: Call): Answer {
  return { ...changeInfo(call, openObject(call, "WRITE"), { tags: [] }), status: 204 };
}

export function getObjectAcl(call: Call): Answer {
  return { body: aclDocument(openObject(call, "READ_ACP").version.info.acl) };
}

export async function putObjectAcl(call: Call): Promise<Answer> {
  const found = openObject(call, "WRITE_ACP");
  const { owner } = found.version.info.acl;
  const canned = call.request.header("x-amz-acl");
  const text = await bodyText(call);
  if (canned === undefined && text === "") throw new S3Error("InvalidArgument");
  return changeInfo(call, found, { acl: canned === undefined ? parseAcl(text, owner) : cannedAcl(owner, canned) });
}

function changeInfo({ store }: Call, { version }: Found, change: Partial<ObjectInfo>): Answer {
  store.setInfo(version, change);
  return {};
}
