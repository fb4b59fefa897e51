import { createHash, randomBytes, randomUUID } from "node:crypto";
import { createReadStream, mkdirSync, openSync, rmSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { Readable } from "node:stream";
import type { Acl } from "./acl.ts";
import type { Position } from "./list.ts";

export type Versioning = "" | "Enabled" | "Suspended";
export type Tags = readonly (readonly [name: string, value: string])[];

export interface Bucket {
  readonly id: number;
  readonly name: string;
  readonly ownerId: string;
  readonly createdAt: number;
  readonly versioning: Versioning;
  readonly acl: Acl;
  readonly tags: Tags;
  readonly objectCount: number;
  readonly bytes: number;
}

/** What is kept with an object besides its bytes. */
export interface ObjectInfo {
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Tags;
  readonly acl: Acl;
}

/** A body that has been received: a file outside the index. */
export interface Body {
  readonly file: string;
  readonly size: number;
  /** Hexadecimal MD5, with `-N` behind it for N parts. */
  readonly etag: string;
}

export interface Version extends Body {
  readonly key: string;
  /** Newest first: the smaller, the newer. */
  readonly age: number;
  /** "null" for what is not versioned. */
  readonly versionId: string;
  readonly latest: boolean;
  readonly deleteMarker: boolean;
  readonly modifiedAt: number;
  readonly info: ObjectInfo;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly startedAt: number;
  readonly info: ObjectInfo;
}

export interface Part extends Body {
  readonly number: number;
  readonly modifiedAt: number;
}

// Keys are blobs, which SQLite compares byte by byte. RGW counts sizes in blocks of 4 KiB against a quota.
const schema = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
PRAGMA foreign_keys = ON;
CREATE TABLE IF NOT EXISTS buckets (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, owner_id TEXT NOT NULL, created_at INTEGER NOT NULL,
  versioning TEXT NOT NULL DEFAULT '', acl TEXT NOT NULL, tags TEXT NOT NULL DEFAULT '[]',
  object_count INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, blocks INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS versions (
  age INTEGER PRIMARY KEY, bucket INTEGER NOT NULL REFERENCES buckets ON DELETE CASCADE, key BLOB NOT NULL,
  version_id TEXT NOT NULL, latest INTEGER NOT NULL, delete_marker INTEGER NOT NULL, modified_at INTEGER NOT NULL,
  size INTEGER NOT NULL, etag TEXT NOT NULL, file TEXT NOT NULL, info TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS by_key ON versions (bucket, key, age);
CREATE UNIQUE INDEX IF NOT EXISTS current ON versions (bucket, key) WHERE latest = 1 AND delete_marker = 0;
CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON versions WHEN NEW.delete_marker = 0 BEGIN
  UPDATE buckets SET object_count = object_count + 1, bytes = bytes + NEW.size, blocks = blocks + (NEW.size + 4095) / 4096
  WHERE id = NEW.bucket; END;
CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON versions WHEN OLD.delete_marker = 0 BEGIN
  UPDATE buckets SET object_count = object_count - 1, bytes = bytes - OLD.size, blocks = blocks - (OLD.size + 4095) / 4096
  WHERE id = OLD.bucket; END;
CREATE TABLE IF NOT EXISTS uploads (
  id TEXT PRIMARY KEY, bucket INTEGER NOT NULL REFERENCES buckets ON DELETE CASCADE, key BLOB NOT NULL,
  started_at INTEGER NOT NULL, info TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS uploads_by_key ON uploads (bucket, key, id);
CREATE TABLE IF NOT EXISTS parts (
  upload TEXT NOT NULL REFERENCES uploads ON DELETE CASCADE, number INTEGER NOT NULL, modified_at INTEGER NOT NULL,
  size INTEGER NOT NULL, etag TEXT NOT NULL, file TEXT NOT NULL, PRIMARY KEY (upload, number));
`;

/** Looks at what is there before a write, and throws to refuse it. */
export type Check = (current: Version | undefined) => void;

type SqlRow = Record<string, SQLOutputValue>;

/** Buckets and objects on disk: an index in SQLite, and one file per body, named by a UUID and never by a key. */
export class Store {
  readonly #db: DatabaseSync;
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    rmSync(join(directory, "incoming"), { recursive: true, force: true });
    for (const name of ["incoming", "bodies"]) mkdirSync(join(directory, name), { recursive: true });
    this.#db = new DatabaseSync(join(directory, "index.sqlite"));
    this.#db.exec(schema);
  }

  close(): void {
    this.#db.close();
  }

  bucket(name: string): Bucket | undefined {
    const row = this.#get("SELECT * FROM buckets WHERE name = ?", name);
    return row && toBucket(row);
  }

  bucketsOf(ownerId: string): Bucket[] {
    return this.#all("SELECT * FROM buckets WHERE owner_id = ? ORDER BY name", ownerId).map(toBucket);
  }

  createBucket(name: string, acl: Acl): void {
    const values = [name, acl.owner.id, Date.now(), JSON.stringify(acl)];
    this.#run("INSERT INTO buckets (name, owner_id, created_at, acl) VALUES (?, ?, ?, ?)", ...values);
  }

  configure(bucket: Bucket, change: Partial<Pick<Bucket, "versioning" | "acl" | "tags">>): void {
    const { versioning, acl, tags } = { ...bucket, ...change };
    const values = [versioning, JSON.stringify(acl), JSON.stringify(tags), bucket.id];
    this.#run("UPDATE buckets SET versioning = ?, acl = ?, tags = ? WHERE id = ?", ...values);
  }

  isEmpty(bucket: Bucket): boolean {
    const used = "SELECT 1 FROM versions WHERE bucket = ? UNION ALL SELECT 1 FROM uploads WHERE bucket = ? LIMIT 1";
    return this.#get(used, bucket.id, bucket.id) === undefined;
  }

  /** With all that is in it. */
  async deleteBucket(bucket: Bucket): Promise<void> {
    const bodies = this.#all(
      `SELECT file FROM versions WHERE bucket = ?1
       UNION ALL SELECT file FROM parts WHERE upload IN (SELECT id FROM uploads WHERE bucket = ?1)`,
      bucket.id,
    );
    this.#run("DELETE FROM buckets WHERE id = ?", bucket.id);
    await this.discard(bodies.map((row) => String(row["file"])));
  }

  /** What a user has stored, parts included, in bytes of whole blocks: the way RGW counts against a quota. */
  blockBytes(ownerId: string): number {
    const stored = this.#get("SELECT total(blocks) AS blocks FROM buckets WHERE owner_id = ?", ownerId);
    const parts = this.#get(
      `SELECT total((size + 4095) / 4096) AS blocks FROM parts WHERE upload IN
         (SELECT uploads.id FROM uploads JOIN buckets ON buckets.id = bucket WHERE owner_id = ?)`,
      ownerId,
    );
    return (Number(stored?.["blocks"]) + Number(parts?.["blocks"])) * 4096;
  }

  /** The version that counts, which may be a delete marker. */
  latest(bucket: Bucket, key: string): Version | undefined {
    const row = this.#get(
      "SELECT * FROM versions WHERE bucket = ? AND key = ? ORDER BY age LIMIT 1",
      bucket.id,
      Buffer.from(key),
    );
    return row && toVersion(row);
  }

  version(bucket: Bucket, key: string, versionId: string): Version | undefined {
    const row = this.#get(
      "SELECT * FROM versions WHERE bucket = ? AND key = ? AND version_id = ?",
      bucket.id,
      Buffer.from(key),
      versionId,
    );
    return row && toVersion(row);
  }

  *currentObjects(bucket: Bucket, from: Position): Iterable<Version> {
    const sql =
      "SELECT * FROM versions WHERE bucket = ? AND key >= ? AND latest = 1 AND delete_marker = 0 ORDER BY key";
    yield* this.#each(toVersion, sql, bucket.id, from.key);
  }

  *versions(bucket: Bucket, from: Position): Iterable<Version> {
    const sql = "SELECT * FROM versions WHERE bucket = ? AND (key, age) > (?, ?) ORDER BY key, age";
    yield* this.#each(toVersion, sql, bucket.id, from.key, from.tie ?? Number.MIN_SAFE_INTEGER);
  }

  *uploads(bucket: Bucket, from: Position): Iterable<Upload> {
    const sql = "SELECT * FROM uploads WHERE bucket = ? AND (key, id) > (?, ?) ORDER BY key, id";
    yield* this.#each(toUpload, sql, bucket.id, from.key, from.tie ?? "");
  }

  /**
   * Adds a version on top of what is there, as the bucket's versioning says; without a body it is a delete marker.
   * `check` may refuse by throwing: nothing happens between it and the write.
   */
  async put(bucket: Bucket, key: string, body: Body | undefined, info: ObjectInfo, check?: Check): Promise<Version> {
    const versionId = bucket.versioning === "Enabled" ? newId() : "null";
    if (body) await this.#admit(body);
    try {
      const replaced = this.#transaction(() => {
        check?.(this.latest(bucket, key));
        return this.#insertVersion(bucket, key, versionId, body, info);
      });
      if (replaced) await this.discard([replaced.file]);
    } catch (error) {
      if (body) await this.discard([body.file]);
      throw error;
    }
    const stored = this.version(bucket, key, versionId);
    if (!stored) throw new Error("A version vanished as it was written");
    return stored;
  }

  /** Answers the version that it replaces. */
  #insertVersion(
    bucket: Bucket,
    key: string,
    versionId: string,
    body: Body | undefined,
    info: ObjectInfo,
  ): Version | undefined {
    const keyBytes = Buffer.from(key);
    const replaced = versionId === "null" ? this.version(bucket, key, "null") : undefined;
    if (replaced) this.#run("DELETE FROM versions WHERE age = ?", replaced.age);
    this.#run("UPDATE versions SET latest = 0 WHERE bucket = ? AND key = ? AND latest = 1", bucket.id, keyBytes);
    this.#run(
      `INSERT INTO versions SELECT coalesce(min(age), 0) - 1, ?, ?, ?, 1, ?, ?, ?, ?, ?, ? FROM versions`,
      bucket.id,
      keyBytes,
      versionId,
      body ? 0 : 1,
      Date.now(),
      body?.size ?? 0,
      body?.etag ?? "",
      body?.file ?? "",
      JSON.stringify(info),
    );
    return replaced;
  }

  /** Deletes one version for good; the next newest counts from then on. */
  async remove(bucket: Bucket, version: Version): Promise<void> {
    this.#transaction(() => {
      this.#run("DELETE FROM versions WHERE age = ?", version.age);
      const next = this.latest(bucket, version.key);
      if (next) this.#run("UPDATE versions SET latest = 1 WHERE age = ?", next.age);
    });
    await this.discard([version.file]);
  }

  setInfo(version: Version, change: Partial<ObjectInfo>): void {
    this.#run(
      "UPDATE versions SET info = ? WHERE age = ?",
      JSON.stringify({ ...version.info, ...change }),
      version.age,
    );
  }

  createUpload(bucket: Bucket, key: string, info: ObjectInfo): string {
    const id = `2~${newId()}`;
    const values = [id, bucket.id, Buffer.from(key), Date.now(), JSON.stringify(info)];
    this.#run("INSERT INTO uploads (id, bucket, key, started_at, info) VALUES (?, ?, ?, ?, ?)", ...values);
    return id;
  }

  upload(bucket: Bucket, key: string, id: string): Upload | undefined {
    const row = this.#get(
      "SELECT * FROM uploads WHERE bucket = ? AND key = ? AND id = ?",
      bucket.id,
      Buffer.from(key),
      id,
    );
    return row && toUpload(row);
  }

  async putPart(upload: Upload, number: number, body: Body, check?: () => void): Promise<void> {
    check?.();
    await this.#admit(body);
    const old = this.#get("SELECT file FROM parts WHERE upload = ? AND number = ?", upload.id, number);
    const values = [upload.id, number, Date.now(), body.size, body.etag, body.file];
    this.#run("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?)", ...values);
    if (old) await this.discard([String(old["file"])]);
  }

  parts(upload: Upload): Part[] {
    return this.#all("SELECT * FROM parts WHERE upload = ? ORDER BY number", upload.id).map(toPart);
  }

  async endUpload(upload: Upload): Promise<void> {
    const parts = this.parts(upload);
    this.#run("DELETE FROM uploads WHERE id = ?", upload.id);
    await this.discard(parts.map((part) => part.file));
  }

  /** Receives a body. It is lost again with the next start unless the index takes it up. */
  async writeBody(source: AsyncIterable<Uint8Array>): Promise<Body> {
    const file = randomUUID();
    const md5 = createHash("md5");
    let size = 0;
    const handle = await open(this.#incomingFile(file), "wx");
    try {
      for await (const chunk of source) {
        md5.update(chunk);
        size += chunk.length;
        await handle.writeFile(chunk);
      }
    } catch (error) {
      await rm(this.#incomingFile(file), { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    return { file, size, etag: md5.digest("hex") };
  }

  /** Opened at once, so that it can be read to its end even if its object is deleted a moment later. */
  readBody(body: Body, start = 0, end = body.size - 1): Readable {
    if (end < start) return Readable.from([]);
    const path = this.#bodyFile(body.file);
    return createReadStream(path, { fd: openSync(path, "r"), start, end, highWaterMark: 256 * 1024 });
  }

  async discard(files: readonly string[]): Promise<void> {
    for (const file of files) {
      if (file !== "") await rm(this.#bodyFile(file), { force: true });
    }
  }

  #incomingFile(file: string): string {
    return join(this.#directory, "incoming", file);
  }

  #bodyFile(file: string): string {
    return join(this.#directory, "bodies", file);
  }

  async #admit(body: Body): Promise<void> {
    await rename(this.#incomingFile(body.file), this.#bodyFile(body.file));
  }

  #transaction<T>(work: () => T): T {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#db.prepare(sql).run(...values);
  }

  #get(sql: string, ...values: SQLInputValue[]): SqlRow | undefined {
    return this.#db.prepare(sql).get(...values);
  }

  #all(sql: string, ...values: SQLInputValue[]): SqlRow[] {
    return this.#db.prepare(sql).all(...values);
  }

  *#each<T>(map: (row: SqlRow) => T, sql: string, ...values: SQLInputValue[]): Iterable<T> {
    for (const row of this.#db.prepare(sql).iterate(...values)) yield map(row);
  }
}

/** As long as RGW's, and of characters that need no escape in a URL. */
function newId(): string {
  return randomBytes(24).toString("base64url").slice(0, 31);
}

function blobText(value: SQLOutputValue | undefined): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : "";
}

function toBucket(row: SqlRow): Bucket {
  return {
    id: Number(row["id"]),
    name: String(row["name"]),
    ownerId: String(row["owner_id"]),
    createdAt: Number(row["created_at"]),
    versioning: String(row["versioning"]) as Versioning,
    acl: JSON.parse(String(row["acl"])) as Acl,
    tags: JSON.parse(String(row["tags"])) as Tags,
    objectCount: Number(row["object_count"]),
    bytes: Number(row["bytes"]),
  };
}

function toVersion(row: SqlRow): Version {
  return {
    key: blobText(row["key"]),
    age: Number(row["age"]),
    versionId: String(row["version_id"]),
    latest: row["latest"] === 1,
    deleteMarker: row["delete_marker"] === 1,
    modifiedAt: Number(row["modified_at"]),
    size: Number(row["size"]),
    etag: String(row["etag"]),
    file: String(row["file"]),
    info: JSON.parse(String(row["info"])) as ObjectInfo,
  };
}

function toUpload(row: SqlRow): Upload {
  return {
    id: String(row["id"]),
    key: blobText(row["key"]),
    startedAt: Number(row["started_at"]),
    info: JSON.parse(String(row["info"])) as ObjectInfo,
  };
}

function toPart(row: SqlRow): Part {
  return {
    number: Number(row["number"]),
    modifiedAt: Number(row["modified_at"]),
    size: Number(row["size"]),
    etag: String(row["etag"]),
    file: String(row["file"]),
  };
}
