import { appendFileSync } from "node:fs";

/**
 * Writes down secrets that the sandbox gives out, one a line, where RGW_SANDBOX_SECRETS_FILE names a file for them: so that
 * whoever runs tests can search what they leave behind.
 */
export function noteIssued(...secrets: readonly string[]): void {
  const file = process.env["RGW_SANDBOX_SECRETS_FILE"];
  if (file === undefined || file === "" || secrets.length === 0) return;
  appendFileSync(file, `${secrets.join("\n")}\n`, { mode: 0o600 });
}
