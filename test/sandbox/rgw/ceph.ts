import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { access, constants, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

/** A Ceph cluster of one mon, one OSD in memory and one radosgw, all on 127.0.0.1. */
export interface Ceph {
  /** E.g. `http://127.0.0.1:21001`. */
  readonly endpoint: string;
  readonly region: string;
  /** The key of a user that may call RGW's Admin Ops. */
  readonly admin: { readonly accessKeyId: string; readonly secretKey: string };
  /** Ends all processes and deletes their directory. */
  stop(): Promise<void>;
}

const programs = ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph"];
const startLimitMs = 60_000;

/** Starts a cluster of its own; several may run side by side. Needs no root. */
export async function startCeph(region: string): Promise<Ceph> {
  await checkInstalled();
  const dir = await mkdtemp(join(tmpdir(), "rgw-keyring-ceph-"));
  const cluster = new Cluster(dir);
  const [monPort, rgwPort] = [await freePort(), await freePort()];
  const admin = { accessKeyId: randomBytes(10).toString("hex"), secretKey: randomBytes(20).toString("hex") };
  try {
    await writeFile(join(dir, "ceph.conf"), configuration(monPort, rgwPort));
    await bringUp(cluster, region, admin, `http://127.0.0.1:${rgwPort}`);
  } catch (cause) {
    const log = await logTail(dir);
    await cluster.stop();
    throw new Error(`Ceph did not start. Its log ends:\n${log}`, { cause });
  }
  return { endpoint: `http://127.0.0.1:${rgwPort}`, region, admin, stop: () => cluster.stop() };
}

async function bringUp(cluster: Cluster, region: string, admin: Ceph["admin"], endpoint: string): Promise<void> {
  const osd = randomUUID();
  await mkdir(join(cluster.dir, "osd"));
  await cluster.run("ceph-mon", ["-i", "a", "--mkfs"]);
  cluster.daemon("ceph-mon", ["-i", "a"]);
  await cluster.run("ceph", ["osd", "new", osd]);
  await cluster.run("ceph-osd", ["-i", "0", "--mkfs", "--osd-uuid", osd]);
  cluster.daemon("ceph-osd", ["-i", "0"]);
  const key = ["--access-key", admin.accessKeyId, "--secret-key", admin.secretKey];
  const caps = ["--caps", "users=*;buckets=*;metadata=*;usage=*"];
  await cluster.run("radosgw-admin", ["user", "create", "--uid", "admin", "--display-name", "admin", ...key, ...caps]);
  // CreateBucket takes the region as its LocationConstraint only if the zonegroup's API name is the same.
  await cluster.run("radosgw-admin", ["zonegroup", "modify", "--rgw-zonegroup", "default", "--api-name", region]);
  cluster.daemon("radosgw", ["-n", "client.rgw"]);
  await cluster.untilReady(() => answers(endpoint));
}

async function answers(endpoint: string): Promise<boolean> {
  const text = await fetch(endpoint).then(
    (response) => response.text(),
    () => "",
  );
  return text.includes("ListAllMyBuckets");
}

/** The processes of one cluster, and the directory they work in. */
class Cluster {
  readonly dir: string;
  readonly #log: number;
  readonly #keeper: ChildProcess;
  readonly #ended = new AbortController();
  readonly #given: AbortSignal;

  constructor(dir: string) {
    this.dir = dir;
    this.#log = openSync(join(dir, "start.log"), "a");
    this.#keeper = spawn("sh", ["-c", keeper], { cwd: dir, detached: true, stdio: ["pipe", "ignore", this.#log] });
    this.#given = AbortSignal.any([AbortSignal.timeout(startLimitMs), this.#ended.signal]);
    // A cluster that was forgotten must not keep its program from ending, which ends the cluster.
    this.#keeper.unref();
    unrefStream(this.#keeper.stdin);
  }

  /** Runs a program to its end, which has to be a good one. */
  async run(program: string, args: readonly string[]): Promise<void> {
    const child = this.#spawn(program, args);
    const kill = () => child.kill("SIGKILL");
    this.#given.addEventListener("abort", kill);
    const [code] = (await once(child, "exit").finally(() => this.#given.removeEventListener("abort", kill))) as [
      number,
    ];
    this.#given.throwIfAborted();
    if (code !== 0) throw new Error(`${program} ended with ${code}`);
  }

  /** Starts a program that is to run as long as the cluster does. */
  daemon(program: string, args: readonly string[]): void {
    const child = this.#spawn(program, [...args, "-f"]);
    child.unref();
    child.once("exit", (code, signal) => this.#ended.abort(new Error(`${program} ended with ${code ?? signal}`)));
  }

  async untilReady(ready: () => Promise<boolean>): Promise<void> {
    while (!(await ready())) {
      this.#given.throwIfAborted();
      await delay(20);
    }
  }

  async stop(): Promise<void> {
    if (this.#keeper.exitCode !== null) return;
    this.#keeper.ref();
    const gone = once(this.#keeper, "exit");
    this.#keeper.stdin?.end();
    await gone;
    closeSync(this.#log);
  }

  #spawn(program: string, args: readonly string[]): ChildProcess {
    const env = { ...process.env, CEPH_CONF: "ceph.conf" };
    const child = spawn(program, args, { cwd: this.dir, env, detached: true, stdio: ["ignore", "ignore", this.#log] });
    this.#keeper.stdin?.write(`${child.pid}\n`);
    return child;
  }
}

function unrefStream(stream: unknown): void {
  if (stream instanceof Socket) stream.unref();
}

/**
 * Reads process ids until its input ends, which it does at the latest when this program does, in whatever way; then it
 * ends them. There is nothing to save: the store is in memory. A process counts only if it works in this directory.
 */
const keeper = `
pids=
while read -r pid; do pids="$pids $pid"; done
alive=1
while [ "$alive" ]; do
  alive=
  for pid in $pids; do
    if [ "/proc/$pid/cwd" -ef . ]; then alive=1; kill -KILL "$pid"; fi
  done
  [ -z "$alive" ] || sleep 0.02
done
exec rm -rf "$PWD"
`;

async function checkInstalled(): Promise<void> {
  const missing = [];
  for (const program of programs) if (!(await isInstalled(program))) missing.push(program);
  if (missing.length === 0) return;
  throw new Error(
    `${missing.join(", ")} not found. On Debian or Ubuntu, as root: ` +
      "apt-get install --no-install-recommends radosgw ceph-mon ceph-osd",
  );
}

async function isInstalled(program: string): Promise<boolean> {
  for (const dir of (process.env["PATH"] ?? "").split(delimiter)) {
    const found = await access(join(dir, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

/** A free port below those that the system itself hands out, so that nobody gets it before the daemon has it. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 32_000);
    const server = createServer().listen(port, "127.0.0.1");
    const free = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!free) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}

async function logTail(dir: string): Promise<string> {
  const text = await readFile(join(dir, "start.log"), "utf8");
  return text.trimEnd().split("\n").slice(-20).join("\n");
}

function configuration(monPort: number, rgwPort: number): string {
  return `[global]
fsid = ${randomUUID()}
mon host = v2:127.0.0.1:${monPort}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
ms bind msgr1 = false
auth cluster required = none
auth service required = none
auth client required = none
# without cephx there is no "secure" mode, which radosgw would wait for
ms mon client mode = crc
# all paths are relative to the cluster's directory, in which every daemon works
chdir =
run dir = .
crash dir = .
admin socket =
log file =
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
mon allow pool size one = true
# logs for a recovery that there never is would take more memory than the objects
osd min pg log entries = 10
osd max pg log entries = 10
osd pg log dups tracked = 10

[mon.a]
# the mon never forms a quorum with an address of another kind
public addrv = v2:127.0.0.1:${monPort}
mon data = mon
mon data avail crit = 0
mon cluster log to file = false
# or the start takes 12 s instead of 1
paxos propose interval = 0.01
paxos min wait = 0.01

[osd.0]
osd data = osd
osd objectstore = memstore
memstore device bytes = 16G

[client.rgw]
rgw data = rgw
log file = rgw.log
# without tcp_nodelay every short answer is 40 ms late
rgw frontends = beast endpoint=127.0.0.1:${rgwPort} tcp_nodelay=1
# for bucket.localhost
rgw dns name = localhost
rgw thread pool size = 64
`;
}
