import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { subjects } from "./subjects.ts";
import { callsWith, refused, s3With, verdict, type Call, type Key, type WireUser } from "./wire.ts";

/** The platform's REST API as its documentation has it, on the wire. */
for (const subject of subjects) {
  describe(`the platform's API (${subject.name})`, { timeout: 120_000 }, () => {
    let sandbox: Sandbox;
    let asAdmin: Call;
    let asMember: Call;
    let project: string;
    let created = 0;

    before(async () => {
      sandbox = await subject.start({ objects: 0 });
      asAdmin = callsWith(sandbox, sandbox.tokens.admin);
      asMember = callsWith(sandbox, sandbox.tokens.member);
      project = projectNamed("web-shop");
    });
    after(() => sandbox.close());
    afterEach(() => sandbox.reset());

    function projectNamed(name: string): string {
      const found = sandbox.projects.find((candidate) => candidate.name === name);
      assert.ok(found);
      return found.id;
    }

    async function signInAs(name: string): Promise<Call> {
      const account = sandbox.signIns.accounts.find(({ login }) => login === `${name}@example.com`);
      assert.ok(account);
      const { login, password } = account;
      const reply = await callsWith(sandbox)("POST", "/login", { login, password });
      assert.equal(reply.status, 200);
      return callsWith(sandbox, reply.headers.get("authorization")?.replace("Bearer ", ""));
    }

    async function newUser(): Promise<WireUser> {
      created += 1;
      const reply = await asMember("POST", "/rgw/users", { name: `new-user-${created}`, project_id: project });
      assert.equal(reply.status, 201, reply.text);
      return reply.body as WireUser;
    }

    async function lock(user: WireUser): Promise<void> {
      assert.equal((await asAdmin("PATCH", `/rgw/users/${user.id}`, { locked: true })).status, 200);
    }

    async function fill(user: WireUser, bucket: string): Promise<void> {
      const s3 = s3With(sandbox, user);
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: "a/b.txt", Body: "text", ContentLength: 4 }));
      s3.destroy();
    }

    describe("tokens and sign-ins", () => {
      test("POST /login answers a JWT in its Authorization header, which then works", async () => {
        const asReader = await signInAs("reader");
        const { body } = await asReader("GET", "/accounts/me");
        assert.equal((body as { email: string }).email, "reader@example.com");
      });

      test("a wrong password is a 401", async () => {
        refused(
          await callsWith(sandbox)("POST", "/login", { login: "admin@example.com", password: "?" }),
          401,
          "unauthorized",
        );
      });

      test("a JWT that has expired is a 401", async () => {
        sandbox.signIns.lifetimeSeconds = -1;
        const asReader = await signInAs("reader");
        refused(await asReader("GET", "/accounts/me"), 401, "unauthorized");
      });

      test("sign-ins that were ended are a 401, and static tokens go on", async () => {
        const asReader = await signInAs("reader");
        assert.equal((await asReader("GET", "/projects")).status, 200);
        sandbox.signIns.expire();
        refused(await asReader("GET", "/projects"), 401, "unauthorized");
        assert.equal((await asMember("GET", "/projects")).status, 200);
      });

      for (const token of [undefined, "", "bnerd_tok_unknown", "e30.e30.e30"]) {
        test(`the token ${token ?? "that is missing"} is a 401`, async () => {
          refused(await callsWith(sandbox, token)("GET", "/accounts/me"), 401, "unauthorized");
        });
      }

      test("GET /accounts/me says whose a static token is", async () => {
        const { body } = await asAdmin("GET", "/accounts/me");
        assert.equal((body as { email: string }).email, "admin@example.com");
      });
    });

    describe("projects", () => {
      test("an admin sees all, a member some, a newcomer none", async () => {
        const names = async (call: Call) =>
          ((await call("GET", "/projects")).body as { name: string }[]).map(({ name }) => name);
        assert.deepEqual(await names(asAdmin), ["web-shop", "data-platform", "playground"]);
        assert.deepEqual(await names(asMember), ["web-shop", "playground"]);
        assert.deepEqual(await names(await signInAs("newcomer")), []);
      });

      test("a project of others is a 403, and so are its users", async () => {
        const foreign = projectNamed("data-platform");
        refused(await asMember("GET", `/rgw/users?project_id=${foreign}`), 403, "forbidden");
        const theirs = sandbox.users.find(({ projectId }) => projectId === foreign);
        refused(await asMember("GET", `/rgw/users/${theirs?.id}`), 403, "forbidden");
        refused(await asMember("POST", `/rgw/users/${theirs?.id}/renew_key`), 403, "forbidden");
        refused(await asMember("POST", "/rgw/users", { name: "x", project_id: foreign }), 403, "forbidden");
      });

      test("an unknown project is a 404, and no project a 422", async () => {
        refused(await asAdmin("GET", `/rgw/users?project_id=${crypto.randomUUID()}`), 404, "not_found");
        refused(await asAdmin("GET", "/rgw/users"), 422, "validation_failed");
      });
    });

    describe("reading users", () => {
      test("a list has every user of the project, with its secret masked", async () => {
        const reply = await asMember("GET", `/rgw/users?project_id=${project}`);
        const expected = sandbox.users.filter(({ projectId }) => projectId === project);
        assert.deepEqual(
          (reply.body as WireUser[]).map(({ id, name, access_key_id, locked }) => ({
            id,
            name,
            access_key_id,
            locked,
          })),
          expected.map(({ id, name, accessKeyId, locked }) => ({ id, name, access_key_id: accessKeyId, locked })),
        );
        for (const { secretKey } of expected) assert.ok(!reply.text.includes(secretKey));
      });

      test("one user has its quota and a masked secret", async () => {
        const { id, secret_key } = await newUser();
        const reply = await asMember("GET", `/rgw/users/${id}`);
        assert.deepEqual((reply.body as WireUser).quota, { max_size_kb: 524_288_000, enabled: true });
        assert.ok(!reply.text.includes(secret_key));
      });

      test("an unknown user is a 404 of the RGW service", async () => {
        const error = refused(await asMember("GET", `/rgw/users/${crypto.randomUUID()}`), 404, "not_found");
        assert.deepEqual(error.source, { service: "rgw", operation: "show" });
      });

      test("a list in pages names the next one in a Link header", async () => {
        sandbox.setQuirks({ pageSize: 3 });
        const ids: string[] = [];
        let path: string | undefined = `/rgw/users?project_id=${project}`;
        while (path !== undefined) {
          const { body, headers }: { body: unknown; headers: Headers } = await asMember("GET", path);
          assert.ok((body as WireUser[]).length <= 3);
          ids.push(...(body as WireUser[]).map(({ id }) => id));
          path = /^<(.+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1]?.replace(sandbox.platformUrl, "");
        }
        assert.deepEqual(
          ids,
          sandbox.users.filter(({ projectId }) => projectId === project).map(({ id }) => id),
        );
      });

      test("a list may be wrapped in an object, and may come without quotas and secrets", async () => {
        sandbox.setQuirks({ wrapListsIn: "data", quotaInLists: false, mask: null });
        const { body } = await asMember("GET", `/rgw/users?project_id=${project}`);
        const [user] = (body as { data: WireUser[] }).data;
        assert.ok(user && !("quota" in user) && !("secret_key" in user));
      });
    });

    describe("creating a user", () => {
      test("answers its secret once, unmasked, and S3 accepts it", async () => {
        const user = await newUser();
        assert.equal(await verdict(sandbox, user), "accepted");
        const { locked, project_id, quota } = user;
        assert.deepEqual([locked, project_id, quota], [false, project, { max_size_kb: 524_288_000, enabled: true }]);
      });

      test("takes its parameters flat, in an object user, or both", async () => {
        const flat = { name: "flat-ü 📦", project_id: project };
        assert.equal((await asMember("POST", "/rgw/users", flat)).status, 201);
        const nested = { name: "nested", project_id: project };
        assert.equal((await asMember("POST", "/rgw/users", { user: nested })).status, 201);
        const both = { name: "both", project_id: project };
        assert.equal((await asMember("POST", "/rgw/users", { ...both, user: both })).status, 201);
      });

      test("refuses names that are missing, blank, too long, or taken", async () => {
        const { name: taken } = await newUser();
        const problems: readonly (readonly [string | undefined, string])[] = [
          [undefined, "can't be blank"],
          [" ", "can't be blank"],
          ["x".repeat(256), "is too long (maximum is 255 characters)"],
          [taken, "has already been taken"],
        ];
        for (const [name, problem] of problems) {
          const error = refused(
            await asMember("POST", "/rgw/users", { name, project_id: project }),
            422,
            "validation_failed",
          );
          assert.equal(error.field, "name");
          assert.deepEqual(error.meta, { validation_errors: { name: [problem] } });
        }
      });

      test("two at once with one name make one user", async () => {
        const body = { name: "twice", project_id: project };
        const replies = await Promise.all([asMember("POST", "/rgw/users", body), asMember("POST", "/rgw/users", body)]);
        assert.deepEqual(
          replies.map(({ status }) => status).toSorted((a, b) => a - b),
          [201, 422],
        );
      });

      test("refuses what is no JSON object", async () => {
        for (const body of ["{", "[", '"text"', "null"]) {
          refused(await asMember("POST", "/rgw/users", body), 400, "bad_request");
        }
      });
    });

    describe("renewing a key", () => {
      test("keeps the access key id; the old secret is rejected at once, and the new one accepted", async () => {
        const old = await newUser();
        const reply = await asMember("POST", `/rgw/users/${old.id}/renew_key`);
        const verdicts = await Promise.all([verdict(sandbox, old), verdict(sandbox, reply.body as Key)]);
        assert.deepEqual(verdicts, ["SignatureDoesNotMatch", "accepted"]);
        assert.equal(reply.status, 200);
        const { secret_key, ...rest } = reply.body as WireUser;
        const { secret_key: oldSecret, ...oldRest } = old;
        assert.deepEqual(rest, oldRest);
        assert.notEqual(secret_key, oldSecret);
      });

      test("no request that begins after the answer is accepted with the old secret", async () => {
        let user = await newUser();
        for (let round = 0; round < 5; round += 1) {
          const { body } = await asMember("POST", `/rgw/users/${user.id}/renew_key`);
          const verdicts = await Promise.all(Array.from({ length: 8 }, () => verdict(sandbox, user)));
          assert.deepEqual(new Set(verdicts), new Set(["SignatureDoesNotMatch"]));
          user = body as WireUser;
        }
        assert.equal(await verdict(sandbox, user), "accepted");
      });

      test("several at once leave exactly one of the answered secrets good", async () => {
        const { id } = await newUser();
        const replies = await Promise.all(
          Array.from({ length: 4 }, () => asMember("POST", `/rgw/users/${id}/renew_key`)),
        );
        const verdicts = await Promise.all(replies.map(({ body }) => verdict(sandbox, body as Key)));
        assert.equal(verdicts.filter((one) => one === "accepted").length, 1);
      });

      test("of a locked user is a no-op that answers the existing key", async () => {
        const user = await newUser();
        await lock(user);
        const reply = await asMember("POST", `/rgw/users/${user.id}/renew_key`);
        assert.equal(reply.status, 200);
        assert.deepEqual(reply.body, { ...user, locked: true });
        assert.equal(await verdict(sandbox, user), "accepted");
      });

      for (const lockedRenewal of ["masked", "empty", "missing"] as const) {
        test(`of a locked user may answer a secret that is ${lockedRenewal}`, async () => {
          const user = await newUser();
          await lock(user);
          sandbox.setQuirks({ lockedRenewal });
          const { status, body } = await asMember("POST", `/rgw/users/${user.id}/renew_key`);
          const shown = { masked: "********", empty: "", missing: undefined }[lockedRenewal];
          assert.deepEqual([status, (body as WireUser).secret_key, (body as WireUser).locked], [200, shown, true]);
          assert.equal(await verdict(sandbox, user), "accepted");
        });
      }

      test("wants more than a reader's membership, and a user that exists", async () => {
        const { id, ...key } = await newUser();
        const asReader = await signInAs("reader");
        assert.equal((await asReader("GET", `/rgw/users/${id}`)).status, 200);
        refused(await asReader("POST", `/rgw/users/${id}/renew_key`), 403, "forbidden");
        refused(await asReader("DELETE", `/rgw/users/${id}`), 403, "forbidden");
        assert.equal(await verdict(sandbox, key), "accepted");
        refused(await asMember("POST", `/rgw/users/${crypto.randomUUID()}/renew_key`), 404, "not_found");
      });
    });

    describe("locks and quotas", () => {
      test("an admin locks and unlocks; the key works throughout, and rotates again afterwards", async () => {
        const user = await newUser();
        const locked = await asAdmin("PATCH", `/rgw/users/${user.id}`, { locked: true });
        assert.equal((locked.body as WireUser).locked, true);
        assert.ok(!locked.text.includes(user.secret_key));
        assert.equal(await verdict(sandbox, user), "accepted");
        const unlocked = await asAdmin("PATCH", `/rgw/users/${user.id}`, { locked: false });
        assert.equal((unlocked.body as WireUser).locked, false);
        const renewed = await asMember("POST", `/rgw/users/${user.id}/renew_key`);
        assert.notEqual((renewed.body as WireUser).secret_key, user.secret_key);
      });

      test("an admin sets the quota, -1 for none", async () => {
        const { id } = await newUser();
        for (const quota of [
          { max_size_kb: 1_073_741_824, enabled: true },
          { max_size_kb: -1, enabled: false },
        ]) {
          assert.deepEqual(((await asAdmin("PATCH", `/rgw/users/${id}`, { quota })).body as WireUser).quota, quota);
          assert.deepEqual(((await asMember("GET", `/rgw/users/${id}`)).body as WireUser).quota, quota);
        }
      });

      test("the quota holds at the S3 endpoint", async () => {
        const user = await newUser();
        await asAdmin("PATCH", `/rgw/users/${user.id}`, { quota: { max_size_kb: 4, enabled: true } });
        const s3 = s3With(sandbox, user);
        await s3.send(new CreateBucketCommand({ Bucket: "small-quota" }));
        const body = new Uint8Array(8192);
        const put = s3.send(
          new PutObjectCommand({ Bucket: "small-quota", Key: "big", Body: body, ContentLength: 8192 }),
        );
        await assert.rejects(put, { name: "QuotaExceeded" });
        s3.destroy();
      });

      test("both are a 403 for everybody else, and change nothing", async () => {
        const { id } = await newUser();
        refused(await asMember("PATCH", `/rgw/users/${id}`, { locked: true }), 403, "forbidden");
        refused(
          await asMember("PATCH", `/rgw/users/${id}`, { quota: { max_size_kb: 1, enabled: true } }),
          403,
          "forbidden",
        );
        const { locked, quota } = (await asMember("GET", `/rgw/users/${id}`)).body as WireUser;
        assert.deepEqual({ locked, quota }, { locked: false, quota: { max_size_kb: 524_288_000, enabled: true } });
      });

      test("values of another type are a 422", async () => {
        const { id } = await newUser();
        const wrong: readonly (readonly [object, string])[] = [
          [{ locked: "yes" }, "locked"],
          [{ quota: { max_size_kb: "1" } }, "quota.max_size_kb"],
          [{ quota: { max_size_kb: -2 } }, "quota.max_size_kb"],
        ];
        for (const [body, field] of wrong) {
          assert.equal(
            refused(await asAdmin("PATCH", `/rgw/users/${id}`, body), 422, "validation_failed").field,
            field,
          );
        }
      });
    });

    describe("deleting a user", () => {
      test("ends its key", async () => {
        const user = await newUser();
        const reply = await asMember("DELETE", `/rgw/users/${user.id}`);
        assert.deepEqual([reply.status, reply.text], [204, ""]);
        assert.equal(await verdict(sandbox, user), "InvalidAccessKeyId");
        refused(await asMember("GET", `/rgw/users/${user.id}`), 404, "not_found");
        refused(await asMember("DELETE", `/rgw/users/${user.id}`), 404, "not_found");
      });

      test("is refused while it is locked, also with purge_objects", async () => {
        const user = await newUser();
        await lock(user);
        refused(await asAdmin("DELETE", `/rgw/users/${user.id}`), 422, "locked");
        refused(await asAdmin("DELETE", `/rgw/users/${user.id}?purge_objects=true`), 422, "locked");
        assert.equal(await verdict(sandbox, user), "accepted");
      });

      test("wants purge_objects where there are buckets, and then their names are free", async () => {
        const user = await newUser();
        await fill(user, "purged");
        refused(await asMember("DELETE", `/rgw/users/${user.id}`), 422, "not_empty");
        assert.equal(await verdict(sandbox, user), "accepted");
        assert.equal((await asMember("DELETE", `/rgw/users/${user.id}?purge_objects=true`)).status, 204);
        assert.equal(await verdict(sandbox, user), "InvalidAccessKeyId");
        await fill(await newUser(), "purged");
      });
    });

    describe("buckets through the platform", () => {
      test("are listed and shown with their size, and deleted once they are empty", async () => {
        const user = await newUser();
        const path = `/rgw/users/${user.id}/buckets`;
        await fill(user, "full");
        await s3With(sandbox, user).send(new CreateBucketCommand({ Bucket: "empty" }));
        const list = (await asMember("GET", path)).body as { name: string; size_bytes: number; object_count: number }[];
        assert.deepEqual(
          list.map(({ name, size_bytes, object_count }) => ({ name, size_bytes, object_count })),
          [
            { name: "empty", size_bytes: 0, object_count: 0 },
            { name: "full", size_bytes: 4, object_count: 1 },
          ],
        );
        assert.deepEqual((await asMember("GET", `${path}/full`)).body, list[1]);
        refused(await asMember("DELETE", `${path}/full`), 422, "not_empty");
        assert.equal((await asMember("DELETE", `${path}/empty`)).status, 204);
        refused(await asMember("GET", `${path}/empty`), 404, "not_found");
        refused(await asMember("DELETE", `${path}/empty`), 404, "not_found");
      });

      test("of another user are not there", async () => {
        await fill(await newUser(), "of-another");
        const { id } = await newUser();
        refused(await asMember("GET", `/rgw/users/${id}/buckets/of-another`), 404, "not_found");
        refused(await asMember("DELETE", `/rgw/users/${id}/buckets/of-another`), 404, "not_found");
      });
    });

    describe("keys at the S3 endpoint", () => {
      test("an access key id that nobody has is InvalidAccessKeyId", async () => {
        const key = { access_key_id: "AKIANOBODYNOBODYNOBO", secret_key: "x" };
        assert.equal(await verdict(sandbox, key), "InvalidAccessKeyId");
      });

      test("of a suspended user: the right secret is UserSuspended, a wrong one SignatureDoesNotMatch", async () => {
        const user = await newUser();
        await sandbox.setSuspended(user.id, true);
        assert.equal(await verdict(sandbox, user), "UserSuspended");
        assert.equal(await verdict(sandbox, { ...user, secret_key: "wrong" }), "SignatureDoesNotMatch");
        await sandbox.setSuspended(user.id, false);
        assert.equal(await verdict(sandbox, user), "accepted");
      });
    });

    describe("errors", () => {
      test("an unknown route is a 404", async () => {
        refused(await asAdmin("GET", "/rgw/nothing"), 404, "not_found");
      });

      test("429 carries Retry-After where it is asked for", async () => {
        const limit = { kind: "status", status: 429, code: "rate_limited", retryAfter: "7", times: 1 } as const;
        sandbox.faults.platform.add(limit);
        const reply = await asMember("GET", "/projects");
        refused(reply, 429, "rate_limited");
        assert.equal(reply.headers.get("retry-after"), "7");
        assert.equal((await asMember("GET", "/projects")).status, 200);
      });

      test("faults reach the S3 endpoint too, in its own words", async () => {
        const user = await newUser();
        sandbox.faults.s3.add({ kind: "status", status: 503, code: "SlowDown", times: 1 });
        assert.equal(await verdict(sandbox, user), "SlowDown");
        assert.equal(await verdict(sandbox, user), "accepted");
        assert.equal(sandbox.requests.all.filter(({ on }) => on === "s3").length, 2);
      });
    });
  });
}
