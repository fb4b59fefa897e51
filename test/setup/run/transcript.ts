import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { dirname } from "node:path";
import { Writable } from "node:stream";
import { finished } from "node:stream/promises";

/** What a run says, on the terminal and in a file: so that all of it can be searched when it is over. */
export class Transcript {
  /** For reporters and the output of programs. */
  readonly stream: Writable;
  readonly #file: WriteStream;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.#file = createWriteStream(path);
    this.stream = new Writable({
      write: (chunk: Buffer, _, done) => {
        process.stdout.write(chunk);
        this.#file.write(chunk, done);
      },
    });
    // Every suite pipes into it.
    this.stream.setMaxListeners(0);
  }

  say(line = ""): void {
    this.stream.write(`${line}\n`);
  }

  /** Resolves when the file has all that was said so far. */
  async flush(): Promise<void> {
    await new Promise((resolve) => this.stream.write("", resolve));
  }

  async end(): Promise<void> {
    this.stream.end();
    await finished(this.stream);
    this.#file.end();
    await finished(this.#file);
  }
}
