import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { type Server, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod/mini";
import { DiskError } from "./files.ts";
import { jsonOrNothing } from "./json.ts";

/** Who holds a lock. */
export interface Holder {
  readonly pid: number;
  readonly since: Date;
  /** In words for people, e.g. the workspace of a window. */
  readonly where: string;
}

export type LockAttempt =
  { readonly held: true; readonly release: () => Promise<void> } | { readonly held: false; readonly holder: Holder };

const lockJson = z.object({
  socket: z.string(),
  pid: z.number(),
  since: z.pipe(
    z.iso.datetime(),
    z.transform((text) => new Date(text)),
  ),
  where: z.string(),
});

/** For the other side of a socket to take a connection; a process that is merely busy has long done so. Milliseconds. */
const answerLimit = 2_000;

/**
 * Locks between all processes of this computer that share a folder. A lock is a file that names a socket, and is held for as
 * long as somebody listens there: the system closes the socket of a process that has ended in whatever way, so that no clock
 * and no process id, which the next process may have, decides who is alive. That is what lock files with a time in them
 * get wrong when a computer sleeps or its clock is set.
 *
 * The files of one lock are numbered, and the highest number counts. A lock is taken by making the next file, which only one
 * process can; so a file of somebody gone never has to be removed before, which two could do at once.
 */
export class Locks {
  readonly #folder: string;
  readonly #where: string;

  /** @param where in words for people, who is told of a lock that is held from here */
  constructor(folder: string, where: string) {
    this.#folder = folder;
    this.#where = where;
  }

  /**
   * Does not wait.
   * @param name letters, digits and `-`
   * @throws DiskError
   */
  async take(name: string): Promise<LockAttempt> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      for (;;) {
        const newest = await this.#newest(name);
        const holder = newest > 0 ? await this.#holder(name, newest) : undefined;
        if (holder) return { held: false, holder };
        const release = await this.#make(name, newest + 1);
        if (release) return { held: true, release };
      }
    } catch (error) {
      throw error instanceof DiskError ? error : new DiskError(this.#folder, error);
    }
  }

  /**
   * Whether somebody holds it now.
   * @throws DiskError
   */
  async isHeld(name: string): Promise<boolean> {
    try {
      const newest = await this.#newest(name);
      return newest > 0 && (await this.#holder(name, newest)) !== undefined;
    } catch (error) {
      throw new DiskError(this.#folder, error);
    }
  }

  async #make(name: string, number: number): Promise<(() => Promise<void>) | undefined> {
    const socket = newSocketPath();
    const server = await listen(socket);
    const file = this.#file(name, number);
    const isMine = await this.#publish(file, socket);
    // Whoever made the next file saw this number's file gone, and did so before this one came back.
    if (isMine && (await this.#newest(name)) === number) {
      await this.#removeBelow(name, number);
      return () => close(server);
    }
    if (isMine) await rm(file, { force: true });
    await close(server);
    return undefined;
  }

  /** With its content at once, and only where there is no such file. */
  async #publish(file: string, socket: string): Promise<boolean> {
    const draft = `${file}.${randomBytes(8).toString("hex")}.new`;
    const content = { socket, pid: process.pid, since: new Date().toISOString(), where: this.#where };
    await writeFile(draft, JSON.stringify(content), { mode: 0o600, flag: "wx" });
    try {
      await link(draft, file);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  async #holder(name: string, number: number): Promise<Holder | undefined> {
    const content = await this.#read(name, number);
    if (!content || !(await isListening(content.socket))) return undefined;
    const { socket: _, ...holder } = content;
    return holder;
  }

  async #read(name: string, number: number): Promise<z.infer<typeof lockJson> | undefined> {
    const text = await readFile(this.#file(name, number), "utf8").catch(unlessMissing(undefined));
    return lockJson.safeParse(jsonOrNothing(text)).data;
  }

  async #newest(name: string): Promise<number> {
    return Math.max(0, ...(await this.#numbers(name)));
  }

  async #removeBelow(name: string, number: number): Promise<void> {
    const old = (await this.#numbers(name)).filter((other) => other < number);
    for (const other of old) {
      // A process that was killed has left its socket behind, too.
      const content = await this.#read(name, other);
      if (content && process.platform !== "win32") await rm(content.socket, { force: true });
      await rm(this.#file(name, other), { force: true });
    }
  }

  async #numbers(name: string): Promise<readonly number[]> {
    const files = await readdir(this.#folder).catch(unlessMissing([]));
    const start = `${name}.`;
    return files
      .filter((file) => file.startsWith(start) && /^\d+$/.test(file.slice(start.length)))
      .map((file) => Number(file.slice(start.length)));
  }

  #file(name: string, number: number): string {
    return join(this.#folder, `${name}.${number}`);
  }
}

/** A lock that cannot be read may be held: only one that is not there is not. */
function unlessMissing<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return otherwise;
    throw error;
  };
}

/** Sockets have short names (104 bytes on macOS), so theirs are not in the folder of the locks. */
function newSocketPath(): string {
  const name = `rgwk-${randomBytes(8).toString("hex")}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\${name}`;
  const path = join(tmpdir(), `${name}.sock`);
  return Buffer.byteLength(path) <= 100 ? path : join("/tmp", `${name}.sock`);
}

async function listen(path: string): Promise<Server> {
  const server = createServer((connection) => connection.destroy());
  await new Promise<void>((resolve, reject) => {
    // A later one is about a single connection, and there is nothing to say to it.
    server.on("error", reject);
    server.listen(path, resolve);
  });
  return server.unref();
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

/** What cannot be told counts as listening: a lock too many is told to the person, one too few could cost a key. */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(path);
    const answer = (is: boolean): void => {
      connection.destroy();
      resolve(is);
    };
    connection.setTimeout(answerLimit, () => answer(true));
    connection.once("connect", () => answer(true));
    connection.once("error", (error: NodeJS.ErrnoException) =>
      answer(error.code !== "ECONNREFUSED" && error.code !== "ENOENT"),
    );
  });
}
