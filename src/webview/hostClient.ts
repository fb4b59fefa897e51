import type { Failure, HostApi, HostMethod, PanelApi, PanelState, ToWebview } from "../protocol/bucketBrowser.ts";

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): PanelState | undefined;
  setState(state: PanelState): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** A request that the extension host could not carry out, in words for people. */
export class HostFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.title);
    this.failure = failure;
  }
}

/** The extension host, as far as a webview can reach it. */
export class HostClient {
  readonly #api = acquireVsCodeApi();
  readonly #waiting = new Map<string, { resolve: (value: unknown) => void; reject: (reason: Error) => void }>();
  #lastId = 0;

  /** @param notices what to do when the host tells something by itself */
  constructor(notices: { [N in keyof PanelApi]: (...params: Parameters<PanelApi[N]>) => void }) {
    window.addEventListener("message", ({ data }: MessageEvent<ToWebview>) => {
      if (!("notice" in data)) this.#settle(data);
      else if (data.notice === "refresh") notices.refresh();
      else notices.goTo(...data.params);
    });
  }

  /** @throws HostFailure; the signal's reason when the answer is no longer wanted */
  async call<M extends HostMethod>(
    method: M,
    params: Parameters<HostApi[M]>,
    signal?: AbortSignal,
  ): Promise<ReturnType<HostApi[M]>> {
    signal?.throwIfAborted();
    const id = String(++this.#lastId);
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      signal?.addEventListener("abort", () => {
        if (!this.#waiting.delete(id)) return;
        this.#api.postMessage({ cancel: id });
        reject(signal.reason as Error);
      });
    });
    this.#api.postMessage({ id, method, params });
    return (await answer) as ReturnType<HostApi[M]>;
  }

  saved(): PanelState | undefined {
    return this.#api.getState();
  }

  save(state: PanelState): void {
    this.#api.setState(state);
  }

  #settle(answer: Exclude<ToWebview, { notice: unknown }>): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("failure" in answer) waiting?.reject(new HostFailure(answer.failure));
    else if ("value" in answer) waiting?.resolve(answer.value);
    else waiting?.reject(new DOMException("Cancelled", "AbortError"));
  }
}
