import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { createHash, randomUUID } from "node:crypto";
import type { Directory } from "./directory.ts";
import { inParallel } from "./inParallel.ts";
import { sampleProjects, type SampleObject, type SampleProject } from "./sampleData.ts";
import type { Project, RgwUser, UserStore } from "./users.ts";

export interface SeedOptions {
  /** How many users there are, all of them in the first project; none given: those of the sample data. */
  readonly users?: number | undefined;
  /** How many objects there are in all; none given: those of the sample data. */
  readonly objects?: number | undefined;
}

/** Adds the sample data's projects, and its users or as many as are asked for. */
export async function seedUsers(store: UserStore, directory: Directory, { users }: SeedOptions): Promise<void> {
  store.addProjects(sampleProjects.map(({ name }): Project => ({ id: randomUUID(), name })));
  const newUsers = plannedProjects(users).flatMap((project) => {
    const projectId = store.projects.find(({ name }) => name === project.name)?.id ?? "";
    return project.users.map(({ name, locked = false }) => ({ name, locked, projectId }));
  });
  await directory.createAll(newUsers);
}

/** Fills the users' buckets through the S3 endpoint, with their own keys. */
export async function seedObjects(
  store: UserStore,
  s3: { readonly endpoint: string; readonly region: string },
  { users, objects }: SeedOptions,
): Promise<void> {
  let left = objects ?? Infinity;
  for (const { name, buckets = {} } of plannedProjects(users).flatMap((project) => project.users)) {
    const user = store.users.find((candidate) => candidate.name === name);
    if (!user || left === 0) continue;
    const client = s3Client(s3, user);
    for (const [bucket, all] of Object.entries(buckets)) {
      const some = all.slice(0, left);
      left -= some.length;
      await fill(client, bucket, some);
    }
    client.destroy();
  }
  const [first] = store.users;
  if (first && Number.isFinite(left) && left > 0) await fillOneBucket(s3, first, left);
}

function plannedProjects(users: number | undefined): readonly SampleProject[] {
  if (users === undefined) return sampleProjects;
  const [first] = sampleProjects;
  if (!first) return [];
  const more = Array.from({ length: Math.max(0, users - first.users.length) }, (_, index) => generatedUser(index));
  return [{ name: first.name, users: [...first.users.slice(0, users), ...more] }];
}

const areas = ["checkout", "search", "catalog", "payments", "shipping", "reviews", "loyalty", "support"];
const purposes = ["backups", "uploads", "logs", "exports", "cache", "reports"];

function generatedUser(index: number): { name: string; locked: boolean } {
  const area = areas[index % areas.length] ?? "";
  const purpose = purposes[Math.floor(index / areas.length) % purposes.length] ?? "";
  return { name: `${area}-${purpose}-${String(index + 1).padStart(4, "0")}`, locked: index % 9 === 4 };
}

async function fillOneBucket(
  s3: { readonly endpoint: string; readonly region: string },
  user: RgwUser,
  count: number,
): Promise<void> {
  const client = s3Client(s3, user);
  const objects = Array.from({ length: count }, (_, index): SampleObject => {
    const hash = createHash("sha256").update(String(index)).digest("hex");
    return [`objects/${hash.slice(0, 2)}/${hash}`, index % 700];
  });
  await fill(client, "deduplicated-objects", objects);
  client.destroy();
}

async function fill(client: S3Client, bucket: string, objects: readonly SampleObject[]): Promise<void> {
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  await inParallel(objects, async ([key, size]) => {
    const body = Buffer.alloc(size, `${key}\n`);
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentLength: size,
        ContentType: contentType(key),
      }),
    );
  });
}

const contentTypes: Readonly<Record<string, string>> = {
  css: "text/css",
  csv: "text/csv",
  html: "text/html",
  ico: "image/x-icon",
  js: "text/javascript",
  md: "text/markdown",
  pdf: "application/pdf",
  txt: "text/plain",
  webp: "image/webp",
  woff2: "font/woff2",
  xml: "application/xml",
};

function contentType(key: string): string {
  return contentTypes[key.slice(key.lastIndexOf(".") + 1)] ?? "application/octet-stream";
}

function s3Client(s3: { readonly endpoint: string; readonly region: string }, user: RgwUser): S3Client {
  return new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: { accessKeyId: user.accessKeyId, secretAccessKey: user.secretKey },
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    expectContinueHeader: false,
  });
}
