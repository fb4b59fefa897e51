// Only types from VS Code: what is here also runs, and is tested, without it.
import type * as vscode from "vscode";
import * as z from "zod/mini";
import type { Answer, Cancel, Failure, HostApi, HostMethod, Notice, PanelApi } from "../../protocol/bucketBrowser.ts";

/** One handler per method of the contract: its parameters, then the signal that ends it early. */
export type Handlers = {
  readonly [M in HostMethod]: (
    ...args: [...params: Parameters<HostApi[M]>, signal: AbortSignal]
  ) => Promise<ReturnType<HostApi[M]>>;
};

/** The part of a webview that messages go through. */
export type MessagePort = Pick<vscode.Webview, "postMessage" | "onDidReceiveMessage">;

/**
 * Answers the webview's requests: every one exactly once, also when its handler fails or it is cancelled. What does
 * not follow the contract is refused. `explain` puts an error into words for people; it must not throw.
 * Disposing aborts what still runs.
 */
export function serve(
  port: MessagePort,
  handlers: Handlers,
  explain: (error: unknown) => Failure,
): { dispose(): void } {
  const running = new Map<string, AbortController>();

  async function answer(request: Envelope): Promise<void> {
    const controller = new AbortController();
    running.set(request.id, controller);
    const reply = await settle(request, controller.signal);
    if (running.delete(request.id)) void port.postMessage(reply);
  }

  async function settle({ id, method, params }: Envelope, signal: AbortSignal): Promise<Answer> {
    try {
      const value = await Promise.race([dispatch(handlers, method, params, signal), aborted(signal)]);
      return { id, value };
    } catch (error) {
      return signal.aborted ? { id, cancelled: true } : { id, failure: explain(error) };
    }
  }

  const listener = port.onDidReceiveMessage((message: unknown) => {
    const cancel = cancelSchema.safeParse(message);
    if (cancel.success) return running.get(cancel.data.cancel)?.abort();
    const request = envelopeSchema.safeParse(message);
    // Without an id there is nobody to answer, and an id that is in use already gets the answer it waits for.
    if (request.success && !running.has(request.data.id)) void answer(request.data);
  });

  return {
    dispose() {
      listener.dispose();
      const controllers = [...running.values()];
      running.clear();
      for (const controller of controllers) controller.abort();
    },
  };
}

/** Tells the webview something it did not ask for. */
export function notify<N extends keyof PanelApi>(
  port: Pick<MessagePort, "postMessage">,
  notice: N,
  ...params: Parameters<PanelApi[N]>
): void {
  void port.postMessage({ notice, params } satisfies { notice: N; params: Notice["params"] });
}

const cancelSchema: z.ZodMiniType<Cancel> = z.object({ cancel: z.string() });

type Envelope = z.infer<typeof envelopeSchema>;
const envelopeSchema = z.object({ id: z.string(), method: z.string(), params: z.array(z.unknown()) });

export const placeSchema = z.union([
  z.object({ level: z.literal("buckets") }),
  z.object({ level: z.literal("objects"), bucket: z.string(), prefix: z.string() }),
]);

const paramsSchemas: { readonly [M in HostMethod]: z.ZodMiniType<Parameters<HostApi[M]>> } = {
  listBuckets: z.tuple([]),
  bucketUsage: z.tuple([z.string()]),
  listObjects: z.tuple([z.object({ bucket: z.string(), prefix: z.string(), next: z.optional(z.string()) })]),
  takeWayOut: z.tuple([
    z.enum(["retry", "signIn", "enterSecretKey", "rotateKey", "verifyKey", "openSettings", "showLog", "selectProject"]),
  ]),
  moved: z.tuple([placeSchema]),
};

async function dispatch(
  handlers: Handlers,
  method: string,
  params: readonly unknown[],
  signal: AbortSignal,
): Promise<unknown> {
  if (!isHostMethod(method)) throw new TypeError("The bucket browser asked for something that does not exist.");
  return await call(handlers, method, params, signal);
}

/** Generic in the method, so that the compiler matches the schema's parameters with the handler's. */
async function call<M extends HostMethod>(
  handlers: Handlers,
  method: M,
  params: readonly unknown[],
  signal: AbortSignal,
): Promise<unknown> {
  const schema: z.ZodMiniType<Parameters<HostApi[M]>> = paramsSchemas[method];
  const parsed = schema.safeParse(params);
  if (!parsed.success) throw new TypeError(`The bucket browser asked for ${method} in a way that is not understood.`);
  return await handlers[method](...parsed.data, signal);
}

function isHostMethod(method: string): method is HostMethod {
  return Object.hasOwn(paramsSchemas, method);
}

/** Never answers; fails as soon as the signal says so. A handler that does not listen must not keep the request open. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
