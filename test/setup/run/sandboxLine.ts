import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { Settings } from "../../workbench/driver/profile.ts";

/** What a test needs to know of a sandbox that another process runs; the words of `npm run sandbox -- --json`. */
export interface SandboxLine {
  readonly platformUrl: string;
  readonly s3Endpoint: string;
  readonly region: string;
  readonly tokens: { readonly admin: string; readonly member: string };
}

export function sandboxLine({ platformUrl, s3Endpoint, region, tokens }: Sandbox): string {
  return JSON.stringify({ platformUrl, s3Endpoint, region, tokens } satisfies SandboxLine);
}

/** The user's settings with which the extension works with a sandbox. */
export function sandboxSettings({ platformUrl, s3Endpoint, region }: Omit<SandboxLine, "tokens">): Settings {
  return { "rgw.apiUrl": platformUrl, "rgw.s3Endpoint": s3Endpoint, "rgw.region": region };
}
