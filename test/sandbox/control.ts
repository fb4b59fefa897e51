import { Hono } from "hono";
import { z } from "zod";
import { UnknownUserError } from "./directory.ts";
import { faultSchema, matchSchema, type FaultOptions } from "./faults.ts";
import { quirksSchema } from "./quirks.ts";
import type { Controls } from "./sandbox.ts";

/**
 * Calls for tests that run in another process: faults, quirks, and the truth about users. All of them want the admin's
 * static token, so that no web page can make them.
 *
 * - `GET users`, `GET users/{id}` (with the secret), `PATCH users/{id}` `{"locked", "suspended"}`
 * - `POST faults` `{"on": "platform" | "s3", …}` as in `faults.ts`, or `{"kind": "lock-before-acting", …}`; `DELETE faults`
 * - `PATCH quirks` as in `quirks.ts`
 * - `GET accounts`; `PATCH sign-ins` `{"lifetimeSeconds"}`; `DELETE sign-ins` ends those there are
 * - `GET requests`: what came in so far; `DELETE requests` forgets it
 */
export function controlApi(sandbox: Controls): Hono {
  const app = new Hono().basePath("/_sandbox");
  app.onError((error, call) => call.json({ error: error.message }, error instanceof UnknownUserError ? 404 : 422));
  app.use(async (call, next) => {
    const allowed = call.req.header("authorization") === `Bearer ${sandbox.tokens.admin}`;
    return allowed ? next() : call.json({ error: "These calls want the admin's static token" }, 401);
  });
  addUserCalls(app, sandbox);
  addFaultCalls(app, sandbox);
  addSignInCalls(app, sandbox);
  app.patch("/quirks", async (call) => {
    sandbox.setQuirks(quirksSchema.partial().parse(await call.req.json()));
    return call.body(null, 204);
  });
  app.get("/requests", (call) => call.json(sandbox.requests.all));
  app.delete("/requests", (call) => {
    sandbox.requests.clear();
    return call.body(null, 204);
  });
  return app;
}

function addUserCalls(app: Hono, sandbox: Controls): void {
  app.get("/users", (call) => call.json(sandbox.users));
  app.get("/users/:id", (call) => call.json(sandbox.user(call.req.param("id"))));
  app.patch("/users/:id", async (call) => {
    const id = sandbox.user(call.req.param("id")).id;
    const { locked, suspended } = stateSchema.parse(await call.req.json());
    if (locked !== undefined) await sandbox.setLocked(id, locked);
    if (suspended !== undefined) await sandbox.setSuspended(id, suspended);
    return call.json(sandbox.user(id));
  });
}

const stateSchema = z.strictObject({ locked: z.boolean().optional(), suspended: z.boolean().optional() });

function addFaultCalls(app: Hono, sandbox: Controls): void {
  app.post("/faults", async (call) => {
    const { on, ...fault } = z.looseObject({ on: z.enum(["platform", "s3"]) }).parse(await call.req.json());
    sandbox.faults[on].add(faultOf(fault, sandbox));
    return call.body(null, 204);
  });
  app.delete("/faults", (call) => {
    sandbox.faults.platform.clear();
    sandbox.faults.s3.clear();
    return call.body(null, 204);
  });
}

function faultOf(fault: Readonly<Record<string, unknown>>, sandbox: Controls): FaultOptions {
  if (fault["kind"] !== "lock-before-acting") return faultSchema.parse(fault);
  const { kind: _, ...match } = fault;
  return {
    ...matchSchema.parse(match),
    kind: "before",
    run: async ({ url }) => {
      const [, id = ""] = /^\/rgw\/users\/([^/?]+)/.exec(url ?? "") ?? [];
      await sandbox.setLocked(id, true);
    },
  };
}

function addSignInCalls(app: Hono, sandbox: Controls): void {
  app.get("/accounts", (call) => call.json(sandbox.signIns.accounts));
  app.patch("/sign-ins", async (call) => {
    const { lifetimeSeconds } = z.strictObject({ lifetimeSeconds: z.int() }).parse(await call.req.json());
    sandbox.signIns.lifetimeSeconds = lifetimeSeconds;
    return call.body(null, 204);
  });
  app.delete("/sign-ins", (call) => {
    sandbox.signIns.expire();
    return call.body(null, 204);
  });
}
