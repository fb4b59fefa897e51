import { parseArgs, type ParseArgsConfig } from "node:util";
import type { Part } from "../parts/part.ts";

/** Something a person can mend; told in its own words, without a stack. */
class TaskError extends Error {}

/** The arguments of this program; with wrong ones it ends, having said what they are. */
export function readArguments<T extends ParseArgsConfig>(config: T, usage: string): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    return endWithUsage(error instanceof Error ? error.message : String(error), usage);
  }
}

export function endWithUsage(problem: string, usage: string): never {
  console.error(`${problem}\n\n${usage}`);
  process.exit(2);
}

/** Installs what a task cannot do without. */
export async function need(...parts: readonly Part[]): Promise<void> {
  for (const part of parts) {
    const readiness = await part.prepare();
    if (!readiness.ready) throw new TaskError(`${part.name} is missing. ${readiness.why}`);
  }
}

/** Runs a task to its end; what it needs and does not find is told, anything else is a defect and shows its stack. */
export async function runTask(task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
