/** The contract between the extension host and the bucket browser's webview. No secret ever crosses it. */

/** Where a panel stands: all buckets, or a prefix (possibly empty) of one bucket. Kept by the webview, so that it survives a reload. */
export type Place =
  { readonly level: "buckets" } | { readonly level: "objects"; readonly bucket: string; readonly prefix: string };

/** What VS Code keeps of a panel across window reloads. `platformOrigin` says whose user it is; it is checked before anything is sent. */
export interface PanelState {
  readonly platformOrigin: string;
  readonly userId: string;
  readonly userName: string;
  readonly place: Place;
}

/** What the document carries when it is made: the state to start from, and VS Code's l10n bundle (nothing for English). */
export interface PanelStart {
  readonly state: PanelState;
  readonly l10n?: Readonly<Record<string, string>>;
  /** BCP 47, for dates and numbers. */
  readonly locale: string;
}

export interface BucketRow {
  readonly name: string;
  /** ISO 8601 */
  readonly created?: string;
}

/** What RGW's HEAD of a bucket tells. Absent where the endpoint does not say. */
export interface BucketUsage {
  readonly objects?: number;
  readonly bytes?: number;
}

export interface ObjectRow {
  /** The whole key. */
  readonly key: string;
  readonly size: number;
  /** ISO 8601 */
  readonly modified?: string;
  readonly storageClass?: string;
}

export interface ObjectPage {
  /** Whole prefixes, each ending in the delimiter `/`. */
  readonly folders: readonly string[];
  readonly objects: readonly ObjectRow[];
  /** Asks for the page after this one; absent on the last. */
  readonly next?: string;
}

/** Ways out that a failure may offer; the extension host carries them out. */
export type WayOut =
  "retry" | "signIn" | "enterSecretKey" | "rotateKey" | "verifyKey" | "openSettings" | "showLog" | "selectProject";

/** A failed request, in words for people (already localised). */
export interface Failure {
  readonly title: string;
  readonly detail?: string;
  /** What support asks for, where the other side gave one. */
  readonly requestId?: string;
  /** In order; the first is the main one. `retry` is carried out by the webview itself. */
  readonly waysOut: readonly { readonly id: WayOut; readonly label: string }[];
}

/** What the webview may ask for. Every request gets exactly one answer: a value, or a {@link Failure}. */
export interface HostApi {
  listBuckets(): readonly BucketRow[];
  /** One HEAD: asked only for rows that are on the screen. */
  bucketUsage(bucket: string): BucketUsage;
  /** One page of at most 1,000 folders and objects, in UTF-8 byte order. */
  listObjects(request: { readonly bucket: string; readonly prefix: string; readonly next?: string }): ObjectPage;
  takeWayOut(id: WayOut): void;
  /** The place changed: the panel's title follows. */
  moved(place: Place): void;
}

/**
 * What VS Code takes from an object's row to its context menu, and hands to the commands there. Besides, such a command is
 * told what `id` says everywhere: the user.
 */
export interface ObjectContext {
  readonly webviewSection: "object";
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  /** VS Code's own Cut, Copy and Paste have nothing to do with a row. */
  readonly preventDefaultContextMenuItems: true;
}

/** What the extension host may tell the webview at any time. */
export interface PanelApi {
  /** Load the present place again: the key changed, or a person asked for it. */
  refresh(): void;
  /** Go somewhere, as if the person had clicked. */
  goTo(place: Place): void;
}

export type HostMethod = keyof HostApi;

/** webview → host. The id is unique across reloads of the page, so that an answer meant for the page before is not taken for this one's. */
export type Request = {
  [M in HostMethod]: { readonly id: string; readonly method: M; readonly params: Parameters<HostApi[M]> };
}[HostMethod];
/** The webview no longer wants the answer to the request of this id; it still gets one, at once. */
export interface Cancel {
  readonly cancel: string;
}
export type FromWebview = Request | Cancel;

/** host → webview. `value` is absent where the method answers nothing. */
export type Answer =
  | { readonly id: string; readonly value?: unknown }
  | { readonly id: string; readonly failure: Failure }
  | { readonly id: string; readonly cancelled: true };
export type Notice = {
  [M in keyof PanelApi]: { readonly notice: M; readonly params: Parameters<PanelApi[M]> };
}[keyof PanelApi];
export type ToWebview = Answer | Notice;
