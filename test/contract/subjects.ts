import { startSandbox, type Sandbox, type SandboxOptions } from "../sandbox/sandbox.ts";

/** Something that a contract suite runs against. */
export interface Subject {
  readonly name: "embedded" | "rgw";
  start(options?: Omit<SandboxOptions, "backend">): Promise<Sandbox>;
}

const all: readonly Subject[] = (["embedded", "rgw"] as const).map((name) => ({
  name,
  start: (options) => startSandbox({ ...options, backend: name }),
}));

/** The sandbox with its own S3 server, and the sandbox on real Ceph RGW; `RGW_BACKENDS=embedded` leaves Ceph out. */
export const subjects: readonly Subject[] = selected(process.env["RGW_BACKENDS"] ?? "embedded,rgw");

function selected(names: string): readonly Subject[] {
  return names.split(",").map((name) => {
    const subject = all.find((candidate) => candidate.name === name.trim());
    if (!subject) throw new Error(`RGW_BACKENDS knows embedded and rgw, not ${name}`);
    return subject;
  });
}
