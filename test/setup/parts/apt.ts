import { readFile } from "node:fs/promises";
import { CommandError, run, which } from "../run/command.ts";
import { missing, ready, type Part, type Readiness } from "./part.ts";

export interface AptPart {
  readonly name: string;
  /** Programs that have to be in PATH. */
  readonly programs: readonly string[];
  /** Debian's packages that bring them. */
  readonly packages: readonly string[];
  /** How to get it where there is no apt. */
  readonly elsewhere: string;
}

/** A part that comes from Debian's or Ubuntu's packages, installed as root only. */
export function aptPart({ name, programs, packages, elsewhere }: AptPart): Part {
  const prepare = async () =>
    (await missingOf(programs)).length === 0 ? ready : await installPackages(name, programs, packages, elsewhere);
  return { name, prepare };
}

async function installPackages(
  name: string,
  programs: readonly string[],
  packages: readonly string[],
  elsewhere: string,
): Promise<Readiness> {
  const command = `apt-get install --no-install-recommends ${packages.join(" ")}`;
  if (!(await hasApt())) return missing(elsewhere);
  if (process.getuid?.() !== 0) return missing(`Needs root to install: sudo ${command}`);
  console.log(`${name}: ${command}`);
  const failed = await aptInstall(packages);
  if (failed !== undefined) return missing(`${command} failed: ${failed}`);
  const stillMissing = await missingOf(programs);
  return stillMissing.length === 0
    ? ready
    : missing(`${command} did not bring ${stillMissing.join(", ")}. ${elsewhere}`);
}

/** Answers the end of apt's own words where it failed. */
async function aptInstall(packages: readonly string[]): Promise<string | undefined> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", ["update", "-q"], { env });
    await run("apt-get", ["install", "-q", "-y", "--no-install-recommends", ...packages], { env });
    return undefined;
  } catch (error) {
    if (error instanceof CommandError) return error.output.trim().split("\n").slice(-3).join(" ");
    throw error;
  }
}

/** Debian, Ubuntu, or one of their children. */
async function hasApt(): Promise<boolean> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release) && (await which("apt-get")) !== undefined;
}

async function missingOf(programs: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(programs.map((program) => which(program)));
  return programs.filter((_, index) => found[index] === undefined);
}
