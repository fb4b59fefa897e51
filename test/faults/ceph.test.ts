import { test } from "node:test";
import { subjects } from "../contract/subjects.ts";
import { matrix } from "./matrix.ts";

// Ceph differs from the sandbox's own S3 in what it answers, not in how long a fault goes on.
const ceph = subjects.find(({ name }) => name === "rgw");
if (ceph) matrix(ceph, true);
else test("faults on real Ceph RGW", { skip: "Ceph is left out: RGW_BACKENDS" }, () => {});
