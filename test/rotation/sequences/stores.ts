import { DiskError } from "../../../src/core/files.ts";
import { MemorySecrets, MemoryTexts } from "../../support/memory.ts";

/** `forgets`: a write seems to work, and is not there afterwards. */
export type StorageTrouble = "throws" | "forgets";
/** `full`: nothing can be written; `readOnly`: nothing removed, either. */
export type DiskTrouble = "full" | "readOnly";

/** SecretStorage on a bad day. */
export class MoodySecrets extends MemorySecrets {
  trouble: StorageTrouble | undefined;

  override async get(key: string): Promise<string | undefined> {
    this.#mayThrow();
    return await super.get(key);
  }

  override async store(key: string, value: string): Promise<void> {
    this.#mayThrow();
    if (this.trouble !== "forgets") await super.store(key, value);
  }

  override async delete(key: string): Promise<void> {
    this.#mayThrow();
    if (this.trouble !== "forgets") await super.delete(key);
  }

  #mayThrow(): void {
    if (this.trouble === "throws") throw new Error("The keyring is locked.");
  }
}

/** The disk that several folders are on. */
export interface Disk {
  trouble: DiskTrouble | undefined;
}

/** A folder on a disk that may have no space left, or be mounted read-only. */
export class MoodyTexts extends MemoryTexts {
  readonly #disk: Disk;

  constructor(disk: Disk) {
    super();
    this.#disk = disk;
  }

  override async write(name: string, text: string): Promise<void> {
    const { trouble } = this.#disk;
    if (trouble) throw new DiskError("folder", { code: trouble === "full" ? "ENOSPC" : "EROFS" });
    await super.write(name, text);
  }

  override async remove(name: string): Promise<void> {
    if (this.#disk.trouble === "readOnly") throw new DiskError("folder", { code: "EROFS" });
    await super.remove(name);
  }
}
