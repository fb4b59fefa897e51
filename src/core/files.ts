import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Small texts by name, which outlive this process. */
export interface TextStore {
  read(name: string): Promise<string | undefined>;
  /** All of it is on disk when this resolves, or nothing of it: also when the power goes in between. */
  write(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  names(): Promise<readonly string[]>;
}

/** A file of ours could not be read or written. */
export class DiskError extends Error {
  override readonly name = "DiskError";
  readonly folder: string;
  /** As the system names it: `ENOSPC`, `EROFS`, `EACCES`… */
  readonly code: string;

  constructor(folder: string, cause: unknown) {
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    super(`a file in ${folder}: ${code}`, { cause });
    this.folder = folder;
    this.code = code;
  }
}

/** Texts as files of one folder, readable by this person only. Every method throws a {@link DiskError}. */
export class Folder implements TextStore {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(name: string): Promise<string | undefined> {
    return await this.#ifThere(() => readFile(join(this.#path, name), "utf8"));
  }

  async write(name: string, text: string): Promise<void> {
    const draft = join(this.#path, `${name}.${randomUUID()}.new`);
    await this.#try(async () => {
      await mkdir(this.#path, { recursive: true, mode: 0o700 });
      try {
        await writeThrough(draft, text);
        await replace(draft, join(this.#path, name));
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
      await syncFolder(this.#path);
    });
  }

  async remove(name: string): Promise<void> {
    await this.#ifThere(async () => {
      await rm(join(this.#path, name), { force: true });
      await syncFolder(this.#path);
    });
  }

  async names(): Promise<readonly string[]> {
    const found = await this.#ifThere(() => readdir(this.#path));
    return found?.filter((name) => !name.endsWith(".new")) ?? [];
  }

  /** Nothing where there is no such file or folder. */
  async #ifThere<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#try(work);
    } catch (error) {
      if (error instanceof DiskError && error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new DiskError(this.#path, error);
    }
  }
}

async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Windows refuses while somebody reads the file that is to be replaced, which is soon over. */
async function replace(draft: string, path: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await rename(draft, path);
    } catch (error) {
      const isRead = ["EPERM", "EACCES", "EBUSY"].includes((error as NodeJS.ErrnoException).code ?? "");
      if (process.platform !== "win32" || !isRead || tries === 10) throw error;
      await delay(20 * tries);
    }
  }
}

/**
 * A new name is on disk only when its folder is. Windows has no handle for a folder and does not need one, and some file
 * systems do not know what is asked of them; the file itself is safe then, too.
 */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } catch (error) {
    if (!["EINVAL", "ENOTSUP", "ENOSYS", "EISDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    await folder.close();
  }
}
