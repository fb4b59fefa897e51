import { ownerElement } from "./acl.ts";
import { countParameter, openBucket } from "./call.ts";
import type { Answer, Call } from "./call.ts";
import { S3Error } from "./errors.ts";
import { behindKey, listPage } from "./list.ts";
import type { Listing, Position } from "./list.ts";
import { isoTime } from "./objects.ts";
import type { Bucket, Upload, Version } from "./store.ts";
import { element, elements, s3Document } from "./xml.ts";
import type { Xml } from "./xml.ts";

/**
 * RGW percent-encodes keys wholly and common prefixes but for their slashes, and leaves the echoed prefix and every
 * marker and token as they are (measured with 16.2).
 */
interface Page<R extends Version | Upload> {
  readonly bucket: Bucket;
  readonly maxKeys: number;
  readonly listing: Listing<R>;
  readonly encoding: string | undefined;
  /** Of the echoed query; nothing where the query has none. */
  readonly prefix: string;
  readonly delimiter: string | undefined;
}

function page<R extends Version | Upload>(
  call: Call,
  maxKeysName: string,
  after: (bucket: Bucket) => Position | undefined,
  scan: (bucket: Bucket, from: Position) => Iterable<R>,
): Page<R> {
  const { query } = call.request;
  const bucket = openBucket(call, "READ");
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const maxKeys = countParameter(call, maxKeysName);
  const listing = listPage({ prefix, delimiter, after: after(bucket), maxKeys }, (from) => scan(bucket, from));
  const encoding = query.get("encoding-type") === "url" ? "url" : undefined;
  return { bucket, maxKeys, listing, encoding, prefix, delimiter: delimiter || undefined };
}

/** ListObjects, of both versions. */
export function listObjects(call: Call): Answer {
  const { query } = call.request;
  if (query.get("allow-unordered") === "true" && query.get("delimiter")) throw new S3Error("InvalidArgument");
  const v2 = query.get("list-type") === "2";
  const marker = v2 ? query.get("continuation-token") || query.get("start-after") : query.get("marker");
  const after = marker ? behindKey(marker) : undefined;
  const found = page(
    call,
    "max-keys",
    () => after,
    (bucket, from) => call.store.currentObjects(bucket, from),
  );
  const owners = !v2 || query.get("fetch-owner") === "true";
  const contents = found.listing.rows.map((version) => element("Contents", versionContent(version, found, owners)));
  const end = (v2 ? v2Paging : v1Paging)(call, found);
  return { body: s3Document("ListBucketResult", ...head(found), ...prefixElements(found), ...contents, ...end) };
}

function v1Paging({ request }: Call, { listing }: Page<Version>): Xml[] {
  return elements({ Marker: request.query.get("marker") ?? "", NextMarker: nameOf(listing.next) });
}

function v2Paging({ request }: Call, { listing }: Page<Version>): Xml[] {
  return elements({
    ContinuationToken: request.query.get("continuation-token"),
    NextContinuationToken: nameOf(listing.next),
    KeyCount: listing.rows.length + listing.prefixes.length,
    StartAfter: request.query.get("start-after"),
  });
}

export function listVersions(call: Call): Answer {
  const { query } = call.request;
  const [keyMarker = "", versionMarker = ""] = [query.get("key-marker"), query.get("version-id-marker")];
  const found = page(
    call,
    "max-keys",
    (bucket) => versionPosition(call, bucket, keyMarker, versionMarker),
    (bucket, from) => call.store.versions(bucket, from),
  );
  const { next } = found.listing;
  const paging = elements({
    KeyMarker: keyMarker,
    VersionIdMarker: versionMarker,
    NextKeyMarker: nameOf(next),
    NextVersionIdMarker: typeof next === "string" ? "null" : next?.versionId,
  });
  const entries = found.listing.rows.map((version) => {
    const name = version.deleteMarker ? "DeleteMarker" : "Version";
    return element(name, versionContent(version, found, true, true));
  });
  return { body: s3Document("ListVersionsResult", ...head(found), ...prefixElements(found), ...paging, ...entries) };
}

/** A key without a version names the first of its versions, and is told again (measured with RGW 16.2). */
function versionPosition(call: Call, bucket: Bucket, key: string, versionId: string): Position | undefined {
  if (key === "") return undefined;
  const tie = versionId === "" ? undefined : call.store.version(bucket, key, versionId)?.age;
  return { key: Buffer.from(key), tie };
}

export function listUploads(call: Call): Answer {
  const { query } = call.request;
  const [keyMarker, idMarker] = [query.get("key-marker") || undefined, query.get("upload-id-marker") || undefined];
  const found = page(
    call,
    "max-uploads",
    () => (keyMarker === undefined ? undefined : { key: Buffer.from(keyMarker), tie: idMarker }),
    (bucket, from) => call.store.uploads(bucket, from),
  );
  const { rows, next, truncated } = found.listing;
  const last = next ?? rows.at(-1);
  const start = elements({
    Bucket: found.bucket.name,
    Prefix: found.prefix || undefined,
    KeyMarker: keyMarker,
    UploadIdMarker: idMarker,
    NextKeyMarker: nameOf(last),
    NextUploadIdMarker: typeof last === "object" ? last.id : undefined,
    MaxUploads: found.maxKeys,
    Delimiter: found.delimiter,
    IsTruncated: truncated,
  });
  const uploads = rows.map((upload) => element("Upload", uploadContent(upload, found)));
  return { body: s3Document("ListMultipartUploadsResult", ...start, ...uploads, ...prefixElements(found)) };
}

function head(found: Page<Version>): Xml[] {
  return elements({
    EncodingType: found.encoding,
    Name: found.bucket.name,
    Prefix: found.prefix,
    MaxKeys: found.maxKeys,
    Delimiter: found.delimiter,
    IsTruncated: found.listing.truncated,
  });
}

function prefixElements({ listing, encoding }: Page<Version | Upload>): Xml[] {
  return listing.prefixes.map((prefix) => {
    const name = encoding ? prefix.split("/").map(encodeName).join("/") : prefix;
    return element("CommonPrefixes", elements({ Prefix: name }));
  });
}

function versionContent(version: Version, found: Page<Version>, owner: boolean, versioned = false): Xml[] {
  const { key, versionId, latest, modifiedAt, etag, size, deleteMarker, info } = version;
  return [
    ...elements({
      Key: found.encoding ? encodeName(key) : key,
      VersionId: versioned ? versionId : undefined,
      IsLatest: versioned ? latest : undefined,
      LastModified: isoTime(modifiedAt),
    }),
    ...(deleteMarker ? [] : elements({ ETag: `"${etag}"`, Size: size, StorageClass: "STANDARD" })),
    ...(owner ? [ownerElement(info.acl.owner)] : []),
    element("Type", "Normal"),
  ];
}

function uploadContent({ key, id, startedAt, info }: Upload, found: Page<Upload>): Xml[] {
  const { owner } = info.acl;
  return [
    ...elements({ Key: found.encoding ? encodeName(key) : key, UploadId: id }),
    element("Initiator", elements({ ID: owner.id, DisplayName: owner.name })),
    ownerElement(owner),
    ...elements({ StorageClass: "STANDARD", Initiated: isoTime(startedAt) }),
  ];
}

function nameOf(row: Version | Upload | string | undefined): string | undefined {
  return typeof row === "object" ? row.key : row;
}

function encodeName(text: string): string {
  return encodeURIComponent(text).replaceAll("%24", "$");
}
