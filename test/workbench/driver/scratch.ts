import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A temporary directory and the processes that work for it. All of it is gone after `end()`, and also when this program
 * ends in any other way: an exception, Ctrl+C, a kill.
 */
export class Scratch {
  readonly dir: string;
  readonly #keeper: ChildProcess;

  private constructor(dir: string) {
    this.dir = dir;
    this.#keeper = spawn("sh", ["-c", keeper], { cwd: dir, detached: true, stdio: ["pipe", "ignore", "ignore"] });
    this.#keeper.unref();
    if (this.#keeper.stdin instanceof Socket) this.#keeper.stdin.unref();
  }

  static async create(): Promise<Scratch> {
    return new Scratch(await mkdtemp(join(tmpdir(), "rgw-keyring-vscode-")));
  }

  /** Starts a program in a process group of its own, with pipes for what it writes. */
  start(program: string, args: readonly string[], options: Pick<SpawnOptions, "cwd" | "env">): ChildProcess {
    const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"], detached: true });
    if (child.pid !== undefined) this.#keeper.stdin?.write(`${child.pid}\n`);
    return child;
  }

  async end(): Promise<void> {
    if (this.#keeper.exitCode !== null || this.#keeper.stdin?.writable !== true) return;
    this.#keeper.ref();
    const gone = once(this.#keeper, "exit");
    this.#keeper.stdin.end();
    await gone;
  }
}

/**
 * Reads process groups until its input ends, at the latest when the program that writes it does; then it ends them, with
 * five seconds for them to do it themselves, and removes the directory.
 */
const keeper = `
groups=
while read -r group; do groups="$groups $group"; done
left=100
for group in $groups; do kill -s TERM -- "-$group"; done
while [ "$left" -gt 0 ]; do
  alive=
  for group in $groups; do if kill -s 0 -- "-$group"; then alive=1; fi; done
  [ "$alive" ] || break
  sleep 0.05
  left=$((left - 1))
done
for group in $groups; do kill -s KILL -- "-$group"; done
# What is ending elsewhere, such as the browser, may still write.
for _ in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf "$PWD"
  sleep 0.2
  [ -e "$PWD" ] || break
done
`;
