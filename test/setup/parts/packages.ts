import { aptPart } from "./apt.ts";

/** A real Ceph RADOS Gateway: it needs neither root nor a running system to be started, only its programs. */
export const ceph = aptPart({
  name: "Ceph",
  programs: ["ceph", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin"],
  packages: ["radosgw", "ceph-mon", "ceph-osd"],
  elsewhere:
    "Ceph's programs (ceph, ceph-mon, ceph-osd, radosgw, radosgw-admin) must be in PATH: https://docs.ceph.com/en/latest/install/",
});

/** For the native modules of VS Code's server, which have no binaries of their own in npm. */
export const buildTools = aptPart({
  name: "Build tools",
  programs: ["python3", "make", "g++"],
  packages: ["python3", "make", "g++"],
  elsewhere: "python3, make and g++ must be in PATH.",
});

/** Makes the private certificate authority that the network's tests trust. */
export const openssl = aptPart({
  name: "OpenSSL",
  programs: ["openssl"],
  packages: ["openssl"],
  elsewhere: "The openssl program must be in PATH.",
});
