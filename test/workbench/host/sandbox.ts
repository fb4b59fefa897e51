import type { SandboxLine } from "../../setup/run/sandboxLine.ts";

/** The sandbox that the user's settings point to. */
export function sandbox(): SandboxLine {
  const line = process.env["RGW_SANDBOX"];
  if (line === undefined) throw new Error("RGW_SANDBOX is missing: the runner sets it.");
  return JSON.parse(line) as SandboxLine;
}
