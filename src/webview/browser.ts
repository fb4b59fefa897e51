import * as l10n from "@vscode/l10n";
import { LitElement, type PropertyValues, type TemplateResult, html, nothing } from "lit";
import type { BucketUsage, Failure, PanelStart, Place, WayOut } from "../protocol/bucketBrowser.ts";
import { styles } from "./browser.styles.ts";
import { failureView } from "./failure.ts";
import { formatCount } from "./format.ts";
import { HostClient, HostFailure } from "./hostClient.ts";
import { icon, iconStyles } from "./icon.ts";
import { Listing, type Row, contextOf, parentOf, placeOf } from "./listing.ts";
import { cellsOf, headers, nameView } from "./rows.ts";
import { toolbarView } from "./toolbar.ts";
import {
  type RowRange,
  type View,
  offsetOf,
  rowsInView,
  scrollTo,
  scrollTopOf,
  spaceHeight,
  tallestAt,
  topOf,
} from "./windowing.ts";

const rowHeight = 22;
const headHeight = 26;
/** The next page is asked for when so few rows are left below. */
const nearEnd = 300;
/** So many pages are loaded at most to come back to where one stood. */
const pagesBack = 20;
const usageAtOnce = 4;
/** A quick answer needs no progress bar. Milliseconds. */
const patience = 150;
/** Where one has scrolled to is kept when it stays for so long. Milliseconds. */
const rest = 250;

/** Where one stands in a list; rows count from 0. */
interface Spot {
  /** The first row in view. */
  readonly top: number;
  readonly active: number;
  /** Goes before `active`, where there is a row that leads there. */
  readonly from?: Place;
}
const topmost: Spot = { top: 0, active: 0 };

/**
 * The panel: where one is, what is there, and how to go on.
 *
 * Positions are set as properties, not as attributes: the document's policy allows no inline styles.
 */
export class BucketBrowser extends LitElement {
  static override readonly styles = styles;

  readonly #start: PanelStart = JSON.parse(this.dataset["start"] ?? "{}");
  readonly #host = new HostClient({ refresh: () => void this.#refresh(), goTo: (place) => this.#go(place) });
  readonly #usage = new Map<string, BucketUsage>();
  readonly #usageAsked = new Set<string>();
  #usageRunning = 0;
  /** Ends the questions about the listing that is shown. */
  #shown = new AbortController();
  #place: Place;
  #listing: Listing;
  /** The listing is from before; another is on its way. */
  #isOld = false;
  #loading: AbortController | undefined;
  #slow = false;
  #failure: Failure | undefined;
  #said = "";
  #active = 0;
  #clicked: Row | undefined;
  #view: View = { scrollTop: 0, height: 0, rowHeight, count: 0, tallest: tallestAt(window.devicePixelRatio) };
  readonly #resized = new ResizeObserver(() => this.#measure());
  #measured: HTMLElement | null = null;
  #saving: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    if (this.#start.l10n) l10n.config({ contents: { ...this.#start.l10n } });
    const { place, top = 0, active = 0 } = { ...this.#start.state, ...this.#host.saved() };
    this.#place = place;
    this.#listing = new Listing(place);
    // VS Code brings back only a panel that has left something to be brought back with.
    this.#save({ top, active });
    new ResizeObserver(() => this.#showEndOfPath()).observe(this);
    document.addEventListener("keydown", (event) => this.#onKey(event));
    this.addEventListener("contextmenu", (event) => this.#onContextMenu(event));
    this.#tell(this.#host.call("moved", [place]));
    void this.#load({ top, active });
  }

  /** Shows another place. */
  #go(place: Place): void {
    const from = this.#place;
    this.#place = place;
    this.#show(new Listing(place));
    this.#save(topmost);
    this.#tell(this.#host.call("moved", [place]));
    void this.updateComplete.then(() => this.#showEndOfPath());
    void this.#load({ ...topmost, from });
  }

  #showEndOfPath(): void {
    this.renderRoot.querySelector("nav li:last-child")?.scrollIntoView({ block: "nearest", inline: "end" });
  }

  /** Loads the present place anew. The old rows stay until the answer is there, and look it. */
  async #refresh(): Promise<void> {
    this.#isOld = this.#listing.count > 0;
    await this.#load(this.#spot);
  }

  /** Loads a place's first page, and those after it up to the spot. After a failure an old listing must not pass for a new one. */
  async #load(spot: Spot): Promise<void> {
    const listing = new Listing(this.#place);
    const loaded = await this.#run(async (signal) => {
      for (let page = 0; page < pagesBack; page++) {
        await this.#addPage(listing, signal);
        if (listing.next === undefined || listing.count > Math.max(spot.top, spot.active) + nearEnd) break;
      }
    });
    if (loaded === "dropped") return;
    this.#show(listing);
    const cameFrom = spot.from && listing.find(spot.from);
    this.#active = Math.max(0, Math.min(cameFrom ?? spot.active, listing.count - 1));
    await this.updateComplete;
    this.#measure();
    this.#grid?.scrollTo(0, scrollTopOf(spot.top * rowHeight, this.#view));
    this.#measure();
    if (cameFrom !== undefined) this.#activate(cameFrom);
    if (spot.from || !this.shadowRoot?.activeElement) this.#focusMain();
  }

  /** The keyboard goes on where one has come to. A page that is not in use takes no focus. */
  #focusMain(): void {
    if (document.hasFocus()) this.renderRoot.querySelector<HTMLElement>("[data-main]")?.focus();
  }

  async #loadMore(): Promise<void> {
    const listing = this.#listing;
    await this.#run((signal) => this.#addPage(listing, signal));
  }

  /** Does the one thing that loads now. What loaded before is cancelled: an answer for a place one has left is dropped. */
  async #run(work: (signal: AbortSignal) => Promise<void>): Promise<"done" | "failed" | "dropped"> {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.#failure = undefined;
    this.#said = "";
    const timer = setTimeout(() => this.#showProgress(loading), patience);
    this.requestUpdate();
    try {
      await work(loading.signal);
    } catch (error) {
      if (!loading.signal.aborted) this.#failure = failureOf(error);
    } finally {
      clearTimeout(timer);
    }
    if (this.#loading !== loading) return "dropped";
    this.#loading = undefined;
    this.#slow = false;
    this.requestUpdate();
    return this.#failure ? "failed" : "done";
  }

  async #addPage(listing: Listing, signal: AbortSignal): Promise<void> {
    if (this.#place.level === "buckets") {
      listing.addBuckets(await this.#host.call("listBuckets", [], signal));
      return;
    }
    const { bucket, prefix } = this.#place;
    const next = listing.next;
    listing.addPage(await this.#host.call("listObjects", [{ bucket, prefix, ...(next && { next }) }], signal));
    this.requestUpdate();
  }

  #show(listing: Listing): void {
    this.#shown.abort();
    this.#shown = new AbortController();
    this.#listing = listing;
    this.#isOld = false;
    this.#usage.clear();
    this.#usageAsked.clear();
    this.#usageRunning = 0;
    this.#active = 0;
    this.#grid?.scrollTo(0, 0);
    this.requestUpdate();
  }

  #showProgress(loading: AbortController): void {
    if (this.#loading !== loading) return;
    this.#slow = true;
    this.requestUpdate();
  }

  get #spot(): Spot {
    return { top: Math.floor(offsetOf(this.#view) / rowHeight), active: this.#active };
  }

  #save({ top, active }: Spot): void {
    clearTimeout(this.#saving);
    this.#host.save({ ...this.#start.state, place: this.#place, top, active });
  }

  #saveSoon(): void {
    clearTimeout(this.#saving);
    // While something loads, the view is not where one stood.
    this.#saving = setTimeout(() => (this.#loading ? this.#saveSoon() : this.#save(this.#spot)), rest);
  }

  get #grid(): HTMLElement | null {
    return this.renderRoot instanceof ShadowRoot ? this.renderRoot.querySelector<HTMLElement>(".grid") : null;
  }

  #measure(): void {
    const { scrollTop = 0, clientHeight = 0 } = this.#grid ?? {};
    this.#view = {
      scrollTop,
      height: Math.max(0, clientHeight - headHeight),
      rowHeight,
      count: this.#listing.count,
      tallest: tallestAt(window.devicePixelRatio),
    };
    this.requestUpdate();
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    this.#watchGrid();
    if (this.#view.count !== this.#listing.count) this.#grow();
    const wantsMore = this.#listing.next !== undefined && this.#range().end + nearEnd >= this.#listing.count;
    if (wantsMore && !this.#loading && !this.#failure) void this.#loadMore();
    this.#askUsage();
  }

  /** The grid comes and goes with what there is to show. */
  #watchGrid(): void {
    if (this.#measured === this.#grid) return;
    this.#resized.disconnect();
    this.#measured = this.#grid;
    if (this.#measured) this.#resized.observe(this.#measured);
  }

  /** More rows than an element can hold move closer together: what is in view must stay. */
  #grow(): void {
    const offset = offsetOf(this.#view);
    const view = { ...this.#view, count: this.#listing.count };
    const scrollTop = scrollTopOf(offset, view);
    if (Math.abs(scrollTop - view.scrollTop) > 1) this.#grid?.scrollTo(0, scrollTop);
    this.#measure();
  }

  #range(): RowRange {
    return rowsInView({ ...this.#view, count: this.#listing.count });
  }

  /** One HEAD for each bucket on the screen, few at a time. */
  #askUsage(): void {
    const { first, end } = this.#range();
    for (let index = first; index < end && this.#usageRunning < usageAtOnce && !this.#isOld; index++) {
      const row = this.#listing.row(index);
      if (row?.kind === "bucket" && !this.#usageAsked.has(row.bucket.name)) void this.#loadUsage(row.bucket.name);
    }
  }

  async #loadUsage(bucket: string): Promise<void> {
    const { signal } = this.#shown;
    this.#usageAsked.add(bucket);
    this.#usageRunning++;
    // A bucket that does not tell has a dash; why, its own listing says.
    const usage = await this.#host.call("bucketUsage", [bucket], signal).catch(() => ({}));
    if (signal.aborted) return;
    this.#usageRunning--;
    this.#usage.set(bucket, usage);
    this.requestUpdate();
  }

  #take(id: WayOut): void {
    if (id !== "retry") this.#tell(this.#host.call("takeWayOut", [id]));
    else if (this.#listing.next !== undefined) void this.#loadMore();
    else void this.#refresh();
  }

  /** For what has no answer but that it is done. */
  #tell(told: Promise<void>): void {
    told.catch((error: unknown) => {
      this.#failure = failureOf(error);
      this.requestUpdate();
    });
  }

  async #copy(text: string): Promise<void> {
    await navigator.clipboard.writeText(text);
    this.#said = l10n.t("Copied");
    this.requestUpdate();
  }

  #open(row: Row | undefined): void {
    const place = row && placeOf(row, this.#place);
    if (place) this.#go(place);
  }

  #up(): void {
    const parent = parentOf(this.#place);
    if (parent) this.#go(parent);
  }

  /** A click selects; on a name, or twice on a row, it opens. The second click of two may meet another listing: it opens nothing there. */
  #click(event: MouseEvent, index: number, isName: boolean): void {
    const row = this.#listing.row(index);
    if (event.detail > 1 && row !== this.#clicked) return;
    this.#clicked = row;
    this.#activate(index);
    if (isName || event.detail === 2) this.#open(row);
  }

  #activate(index: number): void {
    this.#active = Math.max(0, Math.min(index, this.#listing.count - 1));
    const top = scrollTo(this.#active, this.#view);
    if (top !== this.#view.scrollTop) this.#grid?.scrollTo(0, top);
    this.#saveSoon();
    this.requestUpdate();
  }

  /**
   * VS Code makes the menu, at the window, and looks for what it is about on the element it is told of: it does not see
   * into this one, which therefore has it for the row.
   */
  #onContextMenu(event: MouseEvent): void {
    const [target] = event.composedPath();
    const row = target instanceof Element ? target.closest(".space [role=row]") : null;
    if (target === this.#grid && isFromKeyboard(event)) return void this.#menuOfActive(event);
    const index = row ? Number(row.ariaRowIndex) - 2 : undefined;
    if (index === undefined) delete this.dataset["vscodeContext"];
    else {
      this.#activate(index);
      const context = contextOf(this.#listing.row(index), this.#place, this.#start.state.userId);
      this.dataset["vscodeContext"] = JSON.stringify(context);
    }
  }

  /** The keyboard is at the grid, and means its active row: the menu opens there, once it is in view. */
  async #menuOfActive(event: MouseEvent): Promise<void> {
    event.preventDefault();
    event.stopPropagation();
    this.#activate(this.#active);
    this.#measure();
    await this.updateComplete;
    const row = this.renderRoot.querySelector(`#row-${this.#active}`);
    if (!row) return;
    const { left, bottom } = row.getBoundingClientRect();
    const place = { clientX: left + rowHeight, clientY: bottom };
    row.dispatchEvent(new MouseEvent("contextmenu", { ...place, bubbles: true, composed: true, cancelable: true }));
  }

  /** What a key does is done: VS Code, which listens at the window, would take F5 for its own. */
  #onKey(event: KeyboardEvent): void {
    const action =
      this.#panelKeys(event) ?? (event.composedPath()[0] === this.#grid ? this.#gridKeys(event) : undefined);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  #panelKeys({ key, altKey, ctrlKey, metaKey, shiftKey }: KeyboardEvent): (() => void) | undefined {
    const held = [altKey && "Alt", (ctrlKey || metaKey) && "Ctrl", shiftKey && "Shift"].filter(Boolean);
    const actions: Readonly<Record<string, () => void>> = {
      Backspace: () => this.#up(),
      "Alt+ArrowUp": () => this.#up(),
      F5: () => void this.#refresh(),
      "Ctrl+r": () => void this.#refresh(),
    };
    return actions[[...held, key].join("+")];
  }

  #gridKeys({ key, altKey, ctrlKey, metaKey, shiftKey }: KeyboardEvent): (() => void) | undefined {
    if (altKey || ctrlKey || metaKey || shiftKey) return undefined;
    const page = Math.max(1, Math.floor(this.#view.height / rowHeight) - 1);
    const actions: Readonly<Record<string, () => void>> = {
      ArrowDown: () => this.#activate(this.#active + 1),
      ArrowUp: () => this.#activate(this.#active - 1),
      PageDown: () => this.#activate(this.#active + page),
      PageUp: () => this.#activate(this.#active - page),
      Home: () => this.#activate(0),
      End: () => this.#activate(this.#listing.count - 1),
      Enter: () => this.#open(this.#listing.row(this.#active)),
    };
    return actions[key];
  }

  protected override render(): TemplateResult {
    return html`
      ${iconStyles()}
      <h1>${l10n.t("Buckets of {0}", this.#start.state.userName)}</h1>
      ${toolbarView(this.#place, {
        go: (place) => this.#go(place),
        up: () => this.#up(),
        refresh: () => void this.#refresh(),
      })}
      <div class="progress">
        ${
          this.#slow
            ? html`<vscode-progress-bar indeterminate aria-label=${l10n.t("Loading")}></vscode-progress-bar>`
            : nothing
        }
      </div>
      ${this.#content()}
      ${
        this.#failure
          ? failureView(this.#failure, { take: (id) => this.#take(id), copy: (text) => void this.#copy(text) })
          : nothing
      }
      <div class="status" role="status">${this.#status()}</div>
    `;
  }

  #content(): TemplateResult | typeof nothing {
    const { count, next } = this.#listing;
    if (count > 0 || this.#loading || next !== undefined) return this.#table();
    if (this.#failure) return nothing;
    const text =
      this.#place.level === "buckets" ? l10n.t("This user has no buckets yet.") : l10n.t("This folder is empty.");
    return html`<section class="message" tabindex="-1" data-main><p>${text}</p></section>`;
  }

  #table(): TemplateResult {
    const { count } = this.#listing;
    const view = { ...this.#view, count };
    const { first, end } = rowsInView(view);
    const rows = Array.from({ length: end - first }, (_, offset) => this.#row(first + offset, view));
    const columns = headers(this.#place);
    return html`<div
      class="grid ${this.#place.level} ${this.#isOld ? "old" : ""}"
      role="grid"
      tabindex="0"
      data-main
      aria-label=${this.#place.level === "buckets" ? l10n.t("Buckets") : l10n.t("Folders and objects")}
      aria-busy=${this.#loading !== undefined}
      aria-rowcount=${this.#listing.next === undefined ? count + 1 : -1}
      aria-colcount=${columns.length + 1}
      aria-activedescendant=${this.#active >= first && this.#active < end ? `row-${this.#active}` : nothing}
      @scroll=${() => {
        this.#measure();
        this.#saveSoon();
      }}
    >
      <div class="head" role="row" aria-rowindex="1">
        <div role="columnheader">${l10n.t("Name")}</div>
        ${columns.map(({ text, kind }) => html`<div role="columnheader" class=${kind}>${text}</div>`)}
      </div>
      <div class="space" role="rowgroup" .style=${`height: ${spaceHeight(view)}px`}>${rows}</div>
    </div>`;
  }

  #row(index: number, view: View): TemplateResult | typeof nothing {
    const row = this.#listing.row(index);
    if (!row) return nothing;
    const {
      icon: kindIcon,
      name,
      label,
      others,
    } = cellsOf(row, {
      place: this.#place,
      locale: this.#start.locale,
      usage: (bucket) => this.#usage.get(bucket),
    });
    const opens = row.kind !== "object";
    return html`<div
      id="row-${index}"
      role="row"
      class=${index === this.#active ? "active" : ""}
      aria-rowindex=${index + 2}
      aria-selected=${index === this.#active}
      aria-label=${[label, ...others.map(({ text }) => text)].filter(Boolean).join(", ")}
      .style=${`top: ${topOf(index, view)}px`}
      @click=${(event: MouseEvent) => this.#click(event, index, opens && isOnName(event))}
    >
      <div role="gridcell" class="name" title=${name}>
        ${icon(kindIcon)} ${opens ? html`<span class="opens">${nameView(name)}</span>` : nameView(name)}
      </div>
      ${headers(this.#place).map(({ kind }, column) => {
        const { text = "", title } = others[column] ?? {};
        return html`<div role="gridcell" class=${kind} title=${title || nothing}>${text}</div>`;
      })}
    </div>`;
  }

  #status(): string {
    const { count, next } = this.#listing;
    if (this.#said) return this.#said;
    if (this.#isOld) return l10n.t("Refreshing…");
    if (this.#loading && count === 0) return l10n.t("Loading…");
    if (count === 0) return "";
    const number = formatCount(count, this.#start.locale);
    if (next !== undefined) return l10n.t("{0} items loaded, more to come", number);
    return count === 1 ? l10n.t("1 item") : l10n.t("{0} items", number);
  }
}

function isOnName(event: MouseEvent): boolean {
  return event.target instanceof Element && event.target.closest(".opens") !== null;
}

/** A mouse says its right button, and on a Mac its left one with Ctrl. */
function isFromKeyboard({ button, ctrlKey }: MouseEvent): boolean {
  return button !== 2 && !ctrlKey;
}

function failureOf(error: unknown): Failure {
  if (error instanceof HostFailure) return error.failure;
  return { title: l10n.t("The panel failed to show this."), waysOut: [{ id: "retry", label: l10n.t("Retry") }] };
}
