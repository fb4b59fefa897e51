import type { Fetch } from "../network.ts";
import type { S3Access } from "./client.ts";
import { S3Error, type Verdict, verdictOf } from "./errors.ts";

/** One signed request, sent once, that says what the S3 endpoint thinks of a secret. Loads the AWS SDK. */
export async function judgeKey(access: S3Access, fetch: Fetch, signal?: AbortSignal): Promise<Verdict> {
  const { S3 } = await import("./client.ts");
  // The first answer counts: on a second attempt the SDK would mend a wrong clock.
  const s3 = new S3(access, fetch, 1);
  try {
    await s3.buckets(signal);
    return verdictOf(undefined);
  } catch (error) {
    if (error instanceof S3Error) return verdictOf(error);
    throw error;
  } finally {
    s3.close();
  }
}
