import { createHash } from "node:crypto";
import { bodyText, countParameter, openBucket, openObject, withinQuota } from "./call.ts";
import type { Answer, Call } from "./call.ts";
import { requestedRange } from "./conditions.ts";
import { S3Error } from "./errors.ts";
import { copySource, isoTime, newInfo, writtenVersion } from "./objects.ts";
import type { Body, Bucket, Part, Store, Upload } from "./store.ts";
import { childText, children, element, elements, parseXml, s3Document } from "./xml.ts";
import type { XmlTree } from "./xml.ts";

const minPartSize = 5 * 1024 * 1024;

export function createUpload(call: Call): Answer {
  const bucket = openBucket(call, "WRITE");
  const id = call.store.createUpload(bucket, call.request.key, newInfo(call, bucket));
  const content = elements({ Bucket: bucket.name, Key: call.request.key, UploadId: id });
  return { body: s3Document("InitiateMultipartUploadResult", ...content) };
}

export async function uploadPart(call: Call): Promise<Answer> {
  const { bucket, upload } = openUpload(call);
  const number = partNumber(call);
  const body = await call.store.writeBody(call.body());
  await call.store.putPart(upload, number, body, withinQuota(call, bucket, body.size));
  return { headers: { etag: `"${body.etag}"` } };
}

export async function copyPart(call: Call): Promise<Answer> {
  const { bucket, upload } = openUpload(call);
  const number = partNumber(call);
  const { version } = openObject(call, "READ", copySource(call));
  const { start, end } = copyRange(call, version.size);
  const body = await call.store.writeBody(call.store.readBody(version, start, end));
  await call.store.putPart(upload, number, body, withinQuota(call, bucket, body.size));
  const content = elements({ LastModified: isoTime(Date.now()), ETag: body.etag });
  return { body: s3Document("CopyPartResult", ...content) };
}

function copyRange({ request }: Call, size: number): { start: number; end: number } {
  const header = request.header("x-amz-copy-source-range");
  if (header === undefined) return { start: 0, end: size - 1 };
  const last = /^bytes=\d+-(\d+)$/.exec(header)?.[1];
  if (last === undefined) throw new S3Error("InvalidArgument");
  const range = requestedRange(header, size);
  if (range === undefined || Number(last) >= size) throw new S3Error("InvalidRange");
  return range;
}

function partNumber({ request }: Call): number {
  const text = request.query.get("partNumber") ?? "";
  if (!/^\d+$/.test(text)) throw new S3Error("InvalidArgument");
  return Number(text); // RGW 16.2 takes 0 and 10,001 too
}

function openUpload(call: Call): { bucket: Bucket; upload: Upload } {
  const bucket = openBucket(call, "WRITE");
  const upload = call.store.upload(bucket, call.request.key, call.request.query.get("uploadId") ?? "");
  if (upload === undefined) throw new S3Error("NoSuchUpload");
  return { bucket, upload };
}

export function listParts(call: Call): Answer {
  const { request, store } = call;
  const bucket = openBucket(call, "READ");
  const upload = store.upload(bucket, request.key, request.query.get("uploadId") ?? "");
  if (upload === undefined) throw new S3Error("NoSuchKey"); // not NoSuchUpload (measured with RGW 16.2)
  const marker = Number(request.query.get("part-number-marker") ?? 0);
  const maxParts = countParameter(call, "max-parts");
  const waiting = store.parts(upload).filter((part) => part.number > marker);
  const parts = waiting.slice(0, maxParts);
  const start = elements({
    Bucket: bucket.name,
    Key: upload.key,
    UploadId: upload.id,
    StorageClass: "STANDARD",
    PartNumberMarker: marker,
    NextPartNumberMarker: parts.at(-1)?.number ?? 0,
    MaxParts: maxParts,
    IsTruncated: waiting.length > parts.length,
  });
  return { body: s3Document("ListPartsResult", ...start, ...parts.map(partElement)) };
}

function partElement({ modifiedAt, number, etag, size }: Part) {
  const content = { LastModified: isoTime(modifiedAt), PartNumber: number, ETag: `"${etag}"`, Size: size };
  return element("Part", elements(content));
}

export async function completeUpload(call: Call): Promise<Answer> {
  const { request, store } = call;
  const { bucket, upload } = openUpload(call);
  const listed = children(parseXml(await bodyText(call), "CompleteMultipartUpload"), "Part");
  if (listed.length === 0) throw new S3Error("MalformedXML");
  const parts = store.parts(upload);
  checkParts(listed, parts);
  const body = { ...(await store.writeBody(joined(store, parts))), etag: joinedEtag(parts) };
  const version = await store.put(bucket, upload.key, body, upload.info);
  await store.endUpload(upload);
  const content = elements({
    Location: `${request.header("host") ?? ""}/${bucket.name}/${upload.key}`,
    Bucket: bucket.name,
    Key: upload.key,
    ETag: "", // empty in RGW 16.2
  });
  return { headers: writtenVersion(bucket, version), body: s3Document("CompleteMultipartUploadResult", ...content) };
}

/** In whatever order, all parts that were uploaded must be there: RGW 16.2 does not leave one out. */
function checkParts(listed: readonly XmlTree[], parts: readonly Part[]): void {
  const etags = new Map(listed.map((part) => [Number(childText(part, "PartNumber")), childText(part, "ETag") ?? ""]));
  if (etags.size !== parts.length) throw new S3Error("InvalidPart");
  for (const part of parts) {
    if (part !== parts.at(-1) && part.size < minPartSize) throw new S3Error("EntityTooSmall");
    if (etags.get(part.number)?.replaceAll('"', "") !== part.etag) throw new S3Error("InvalidPart");
  }
}

async function* joined(store: Store, parts: readonly Body[]): AsyncGenerator<Uint8Array, void> {
  for (const part of parts) yield* store.readBody(part) as AsyncIterable<Uint8Array>;
}

function joinedEtag(parts: readonly Part[]): string {
  const md5 = createHash("md5");
  for (const part of parts) md5.update(Buffer.from(part.etag, "hex"));
  return `${md5.digest("hex")}-${parts.length}`;
}

export async function abortUpload(call: Call): Promise<Answer> {
  await call.store.endUpload(openUpload(call).upload);
  return { status: 204 };
}
