import { join } from "node:path";

/** The repository. */
export const root = join(import.meta.dirname, "..", "..");

/** What tests and tools write; ignored by git. */
export const out = join(root, "out");

/** Logs of what ran, kept after it is gone, and searched for secrets. */
export const logs = join(out, "logs");

/** What the suites report, one file each. */
export const reports = join(out, "reports");
