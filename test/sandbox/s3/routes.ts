import * as buckets from "./buckets.ts";
import type { Operation } from "./call.ts";
import { S3Error } from "./errors.ts";
import * as listings from "./listings.ts";
import * as multipart from "./multipart.ts";
import * as objects from "./objects.ts";
import type { S3Request } from "./request.ts";
import { element } from "./xml.ts";

type Target = "service" | "bucket" | "object";

interface Route {
  readonly method: string;
  readonly target: Target;
  /** A name in the query that must be there; none for any query. */
  readonly query?: string | undefined;
  /** A header that must be there. */
  readonly header?: string | undefined;
  readonly run: Operation;
}

/** The first that fits is taken. A query that none of them knows is ignored, as by RGW. */
const routes: readonly Route[] = [
  on("GET service", buckets.listBuckets),

  on("GET bucket ?location", buckets.getLocation),
  on("GET bucket ?versioning", buckets.getVersioning),
  on("GET bucket ?acl", buckets.getBucketAcl),
  on("GET bucket ?tagging", buckets.getBucketTagging),
  on("GET bucket ?uploads", listings.listUploads),
  on("GET bucket ?versions", listings.listVersions),
  on("GET bucket ?policy", buckets.unset("NoSuchBucketPolicy")),
  on("GET bucket ?cors", buckets.unset("NoSuchCORSConfiguration")),
  on("GET bucket ?lifecycle", buckets.unset("NoSuchLifecycleConfiguration")),
  on("GET bucket ?object-lock", buckets.unset("ObjectLockConfigurationNotFoundError")),
  on("GET bucket ?website", refuse("MethodNotAllowed")),
  on("GET bucket ?publicAccessBlock", buckets.getPublicAccessBlock),
  on("GET bucket ?policyStatus", buckets.fixed("PolicyStatus", element("IsPublic", false))),
  on("GET bucket ?logging", buckets.fixed("BucketLoggingStatus")),
  on("GET bucket ?notification", buckets.fixed("NotificationConfiguration")),
  on("GET bucket ?replication", buckets.fixed("ReplicationConfiguration", element("Role"))),
  on("GET bucket ?requestPayment", buckets.fixed("RequestPaymentConfiguration", element("Payer", "BucketOwner"))),
  on("GET bucket", listings.listObjects),
  on("HEAD bucket", buckets.headBucket),
  on("PUT bucket ?versioning", buckets.putVersioning),
  on("PUT bucket ?acl", buckets.putBucketAcl),
  on("PUT bucket ?tagging", buckets.putBucketTagging),
  ...["policy", "cors", "lifecycle", "object-lock", "website", "publicAccessBlock", "encryption"].flatMap((name) => [
    on(`PUT bucket ?${name}`, refuse("NotImplemented")),
    on(`DELETE bucket ?${name}`, refuse("NotImplemented")),
  ]),
  on("PUT bucket", buckets.createBucket),
  on("POST bucket ?delete", objects.deleteObjects),
  on("DELETE bucket ?tagging", buckets.deleteBucketTagging),
  on("DELETE bucket", buckets.deleteBucket),

  on("GET object ?uploadId", multipart.listParts),
  on("GET object ?acl", objects.getObjectAcl),
  on("GET object ?tagging", objects.getObjectTagging),
  on("GET object ?legal-hold", refuse("InvalidRequest")),
  on("GET object ?retention", refuse("InvalidRequest")),
  on("GET object", objects.getObject),
  on("HEAD object", objects.getObject),
  on("PUT object ?uploadId", multipart.copyPart, "x-amz-copy-source"),
  on("PUT object ?uploadId", multipart.uploadPart),
  on("PUT object ?acl", objects.putObjectAcl),
  on("PUT object ?tagging", objects.putObjectTagging),
  on("PUT object", objects.copyObject, "x-amz-copy-source"),
  on("PUT object", objects.putObject),
  on("POST object ?uploads", multipart.createUpload),
  on("POST object ?uploadId", multipart.completeUpload),
  on("DELETE object ?uploadId", multipart.abortUpload),
  on("DELETE object ?tagging", objects.deleteObjectTagging),
  on("DELETE object", objects.deleteObject),

  on("POST bucket", refuse("InvalidArgument")),
  on("POST object", refuse("InvalidArgument")),
];

/** `pattern` is `METHOD target` or `METHOD target ?name`. */
function on(pattern: string, run: Operation, header?: string): Route {
  const [method = "", target = "", query] = pattern.split(" ");
  return { method, target: target as Target, query: query?.slice(1), header, run };
}

function refuse(code: "InvalidArgument" | "InvalidRequest" | "MethodNotAllowed" | "NotImplemented"): Operation {
  return () => {
    throw new S3Error(code);
  };
}

export function operationFor(request: S3Request): Operation {
  const target = request.bucket === "" ? "service" : request.key === "" ? "bucket" : "object";
  if (target === "service" && request.key !== "") throw new S3Error("NoSuchBucket");
  const route = routes.find(
    (candidate) =>
      candidate.method === request.method &&
      candidate.target === target &&
      (candidate.query === undefined || request.query.has(candidate.query)) &&
      (candidate.header === undefined || request.header(candidate.header) !== undefined),
  );
  if (route === undefined) throw new S3Error("MethodNotAllowed");
  return route.run;
}
