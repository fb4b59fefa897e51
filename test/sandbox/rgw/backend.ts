import type { Backend } from "../backend.ts";
import type { Interceptor } from "../faults.ts";
import { AdminOps } from "./adminOps.ts";
import { startCeph } from "./ceph.ts";
import { startFront } from "./front.ts";

/** A real Ceph RGW of its own. */
export async function startRgwBackend(region: string, intercept: Interceptor, port: number): Promise<Backend> {
  const ceph = await startCeph(region);
  try {
    const front = await startFront(ceph.endpoint, intercept, port);
    const ops = new AdminOps(ceph);
    return {
      s3Endpoint: front.url,
      createUser: (user) => ops.createUser(user),
      setSecret: (userId, accessKeyId, secretKey) => ops.setSecret(userId, accessKeyId, secretKey),
      setQuota: (userId, maxSizeKb) => ops.setQuota(userId, maxSizeKb),
      setSuspended: (userId, suspended) => ops.setSuspended(userId, suspended),
      buckets: (userId) => ops.buckets(userId),
      deleteBucket: (userId, bucket) => ops.deleteBucket(userId, bucket),
      deleteUser: (userId) => ops.deleteUser(userId),
      async close() {
        await front.close();
        await ceph.stop();
      },
    };
  } catch (error) {
    await ceph.stop();
    throw error;
  }
}
