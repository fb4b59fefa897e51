import type {
  Answer,
  Failure,
  HostApi,
  HostMethod,
  PanelApi,
  PanelState,
  ToWebview,
} from "../protocol/bucketBrowser.ts";

/** What the page keeps for itself across reloads of the window: where it stood in its list. Rows count from 0. */
export interface SavedState extends PanelState {
  /** The first row in view. */
  readonly top?: number;
  readonly active?: number;
}

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): SavedState | undefined;
  setState(state: SavedState): void;
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
  readonly #waiting = new Map<string, (answer: Answer) => void>();

  /** @param notices what to do when the host tells something by itself */
  constructor(notices: { [N in keyof PanelApi]: (...params: Parameters<PanelApi[N]>) => void }) {
    window.addEventListener("message", ({ data }: MessageEvent<ToWebview | null>) => {
      if (typeof data !== "object" || data === null) return;
      if (!("notice" in data)) this.#waiting.get(data.id)?.(data);
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
    // Unique across reloads of the page: what the page before asked for is not taken for an answer to this one.
    const id = crypto.randomUUID();
    const settled = new AbortController();
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, resolve);
      const cancel = (): void => {
        this.#api.postMessage({ cancel: id });
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", cancel, { signal: settled.signal });
    });
    try {
      this.#api.postMessage({ id, method, params });
      return valueOf(await answer) as ReturnType<HostApi[M]>;
    } finally {
      this.#waiting.delete(id);
      settled.abort();
    }
  }

  saved(): SavedState | undefined {
    return this.#api.getState();
  }

  save(state: SavedState): void {
    this.#api.setState(state);
  }
}

function valueOf(answer: Answer): unknown {
  if ("failure" in answer) throw new HostFailure(answer.failure);
  if ("cancelled" in answer) throw new DOMException("Cancelled", "AbortError");
  return answer.value;
}
