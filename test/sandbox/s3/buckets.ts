import { aclDocument, cannedAcl, ownerElement, parseAcl } from "./acl.ts";
import { bodyText, caller, openBucket } from "./call.ts";
import type { Answer, Call, Operation } from "./call.ts";
import { S3Error } from "./errors.ts";
import type { S3ErrorCode } from "./errors.ts";
import { isoTime } from "./objects.ts";
import { parseTags, tagsDocument } from "./tags.ts";
import { childText, element, elements, parseXml, plainDocument, s3Document } from "./xml.ts";
import type { Xml } from "./xml.ts";

const maxBuckets = 1000;

export function listBuckets(call: Call): Answer {
  const owner = caller(call);
  const buckets = call.store
    .bucketsOf(owner.id)
    .map(({ name, createdAt }) => element("Bucket", elements({ Name: name, CreationDate: isoTime(createdAt) })));
  return { body: s3Document("ListAllMyBucketsResult", ownerElement(owner), element("Buckets", buckets)) };
}

export async function createBucket(call: Call): Promise<Answer> {
  const { request, store, who } = call;
  if (who === undefined) throw new S3Error("AccessDenied");
  if (!isBucketName(request.bucket)) throw new S3Error("InvalidBucketName");
  checkLocation(await bodyText(call), call.region);
  const acl = cannedAcl(caller(call), request.header("x-amz-acl"));
  const existing = store.bucket(request.bucket);
  if (existing && existing.ownerId !== who.userId) throw new S3Error("BucketAlreadyExists");
  if (existing) return {};
  if (store.bucketsOf(who.userId).length >= maxBuckets) throw new S3Error("TooManyBuckets");
  store.createBucket(request.bucket, acl);
  return {};
}

function isBucketName(name: string): boolean {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) return false;
  return !/\.\.|\.-|-\.|^\d+\.\d+\.\d+\.\d+$/.test(name);
}

function checkLocation(body: string, region: string): void {
  if (body === "") return;
  const location = locationIn(body);
  if (location !== "" && location !== region) {
    throw new S3Error("InvalidLocationConstraint", "The specified location-constraint is not valid");
  }
}

function locationIn(body: string): string {
  try {
    return childText(parseXml(body, "CreateBucketConfiguration"), "LocationConstraint") ?? "";
  } catch {
    throw new S3Error("InvalidArgument"); // where one would expect MalformedXML (measured with RGW 16.2)
  }
}

/** What is in it and what it may hold: RGW tells the quota to the owner alone. */
export function headBucket(call: Call): Answer {
  const { objectCount, bytes, ownerId } = openBucket(call, "READ");
  const usage = { "x-rgw-object-count": objectCount, "x-rgw-bytes-used": bytes };
  if (call.who?.userId !== ownerId) return { headers: usage };
  const { maxSizeKb } = call.who;
  return {
    headers: {
      ...usage,
      "x-rgw-quota-user-size": maxSizeKb < 0 ? -1 : maxSizeKb * 1024,
      "x-rgw-quota-user-objects": -1,
      "x-rgw-quota-max-buckets": maxBuckets,
      "x-rgw-quota-bucket-size": -1,
      "x-rgw-quota-bucket-objects": -1,
    },
  };
}

export async function deleteBucket(call: Call): Promise<Answer> {
  const bucket = openBucket(call, "WRITE");
  if (!call.store.isEmpty(bucket)) throw new S3Error("BucketNotEmpty");
  await call.store.deleteBucket(bucket);
  return { status: 204 };
}

export function getLocation(call: Call): Answer {
  openBucket(call, "owner");
  return { body: s3Document("LocationConstraint", { xml: call.region }) };
}

export function getVersioning(call: Call): Answer {
  const { versioning } = openBucket(call, "owner");
  const content = versioning === "" ? [] : elements({ Status: versioning, MfaDelete: "Disabled" });
  return { body: s3Document("VersioningConfiguration", ...content) };
}

export async function putVersioning(call: Call): Promise<Answer> {
  const bucket = openBucket(call, "owner");
  const versioning = childText(parseXml(await bodyText(call), "VersioningConfiguration"), "Status");
  if (versioning !== "Enabled" && versioning !== "Suspended") throw new S3Error("InvalidArgument");
  call.store.configure(bucket, { versioning });
  return {};
}

export function getBucketAcl(call: Call): Answer {
  return { body: aclDocument(openBucket(call, "READ_ACP").acl) };
}

export async function putBucketAcl(call: Call): Promise<Answer> {
  const bucket = openBucket(call, "WRITE_ACP");
  const { owner } = bucket.acl;
  const canned = call.request.header("x-amz-acl");
  const text = await bodyText(call);
  if (canned === undefined && text === "") throw new S3Error("InvalidArgument");
  call.store.configure(bucket, { acl: canned === undefined ? parseAcl(text, owner) : cannedAcl(owner, canned) });
  return {};
}

export function getBucketTagging(call: Call): Answer {
  const { tags } = openBucket(call, "owner");
  if (tags.length === 0) throw new S3Error("NoSuchTagSet");
  return { body: tagsDocument(tags) };
}

export async function putBucketTagging(call: Call): Promise<Answer> {
  const bucket = openBucket(call, "owner");
  call.store.configure(bucket, { tags: parseTags(await bodyText(call)) });
  return {};
}

export function deleteBucketTagging(call: Call): Answer {
  call.store.configure(openBucket(call, "owner"), { tags: [] });
  return {};
}

/** A setting that no bucket has here. */
export function unset(code: S3ErrorCode): Operation {
  return (call) => {
    openBucket(call, "owner");
    throw new S3Error(code);
  };
}

/** A setting that every bucket has, and the same one. */
export function fixed(root: string, ...content: readonly Xml[]): Operation {
  return (call) => {
    openBucket(call, "owner");
    return { body: s3Document(root, ...content) };
  };
}

export function getPublicAccessBlock(call: Call): Answer {
  openBucket(call, "owner");
  const names = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
  const content = names.map((name) => element(name, false));
  // The root has this name, and no namespace, in RGW 16.2.
  return { body: plainDocument(element("BlockPublicAccessBlockConfiguration", content)) };
}
