import { spawn, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A program ended with another code than 0; `output` is all it wrote. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly output: string;

  constructor(command: string, code: number | string, output: string) {
    super(`${command} ended with ${code}:\n${output.trimEnd()}`);
    this.output = output;
  }
}

/** Runs a program to its end and answers what it wrote to both of its outputs. Throws {@link CommandError}. */
export async function run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const stdio: StdioOptions = ["ignore", "pipe", "pipe"];
  const child = spawn(program, args, { ...options, stdio });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  if (code !== 0) throw new CommandError(`${program} ${args.join(" ")}`, code ?? signal ?? "nothing", output);
  return output;
}

/** Where a program is in PATH. */
export async function which(program: string): Promise<string | undefined> {
  for (const dir of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(dir, program);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** This process's environment without what `npm run` adds to it: a program started from a script then behaves as in a shell. */
export function plainEnv(): NodeJS.ProcessEnv {
  const added =
    /^(npm_(package|lifecycle|command|execpath|node_execpath)|npm_config_(local_prefix|prefix|nodedir)|INIT_CWD)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !added.test(name)));
}
