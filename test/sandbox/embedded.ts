import type { Backend, S3ServerOptions } from "./backend.ts";
import { startS3Server } from "./s3/server.ts";

/** The embedded S3 server. It asks for keys, secrets and quotas at every request, so there is nothing to tell it. */
export async function startEmbeddedBackend(options: S3ServerOptions): Promise<Backend> {
  const server = await startS3Server(options);
  const nothing = () => Promise.resolve();
  return {
    s3Endpoint: server.endpoint,
    createUser: nothing,
    setSecret: nothing,
    setQuota: nothing,
    setSuspended: nothing,
    buckets: (userId) => server.listBuckets(userId),
    deleteBucket: (userId, bucket) => server.deleteBucket(userId, bucket),
    deleteUser: (userId) => server.purgeUser(userId),
    close: () => server.close(),
  };
}
