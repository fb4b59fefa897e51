import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificate {
  /** PEM of the authority that nobody but the test trusts. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

/** A private certificate authority with a certificate for a server's names and addresses, made anew with the `openssl` program. */
export function makeCertificate(...hosts: readonly [string, ...string[]]): Certificate {
  const dir = mkdtempSync(join(tmpdir(), "private-ca-"));
  const openssl = (...args: readonly string[]): void => void execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
  const read = (name: string): string => readFileSync(join(dir, name), "utf8");
  try {
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Private CA");
    openssl("req", ...newKey, "-keyout", "host.key", "-out", "host.csr", "-subj", `/CN=${hosts[0]}`);
    const names = hosts.map((host) => `${isIP(host) ? "IP" : "DNS"}:${host}`);
    writeFileSync(join(dir, "extensions"), `subjectAltName=${names.join(",")}`);
    const signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "extensions"];
    openssl("x509", "-req", "-in", "host.csr", "-out", "host.pem", ...signing);
    return { authority: read("ca.pem"), certificate: read("host.pem"), key: read("host.key") };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
