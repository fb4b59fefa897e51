import * as l10n from "@vscode/l10n";
import { LitElement, type PropertyValues, type TemplateResult, html, nothing } from "lit";
import type { BucketUsage, Failure, PanelStart, Place, WayOut } from "../protocol/bucketBrowser.ts";
import { styles } from "./browser.styles.ts";
import { failureView } from "./failure.ts";
import { formatCount, visible } from "./format.ts";
import { HostClient, HostFailure } from "./hostClient.ts";
import { icon, iconStyles } from "./icon.ts";
import { Listing, type Row, parentOf, placeOf, wayTo } from "./listing.ts";
import { cellsOf, headers, nameView } from "./rows.ts";
import { type View, rowsInView, scrollTo, tallest } from "./windowing.ts";

const rowHeight = 22;
const headHeight = 27;
/** The next page is asked for when so few rows are left below. */
const nearEnd = 300;
const usageAtOnce = 4;
/** A quick answer needs no progress bar. Milliseconds. */
const patience = 150;

/**
 * The panel: where one is, what is there, and how to go on.
 *
 * Positions are set as properties, not as attributes: the document's policy allows no inline styles.
 */
export class BucketBrowser extends LitElement {
  static override readonly styles = styles;

  readonly #start: PanelStart = JSON.parse(this.dataset["start"] ?? "{}");
  readonly #host = new HostClient({ refresh: () => void this.#load(), goTo: (place) => this.#go(place) });
  readonly #usage = new Map<string, BucketUsage>();
  readonly #usageAsked = new Set<string>();
  #usageRunning = 0;
  #place: Place = (this.#host.saved() ?? this.#start.state).place;
  #listing = new Listing(this.#place);
  #loading: AbortController | undefined;
  #slow = false;
  #failure: Failure | undefined;
  #active = 0;
  #view: View = { scrollTop: 0, height: 0, rowHeight, count: 0 };

  constructor() {
    super();
    if (this.#start.l10n) l10n.config({ contents: { ...this.#start.l10n } });
    new ResizeObserver(() => this.#measure()).observe(this);
    this.#moved();
    void this.#load();
  }

  #go(place: Place): void {
    this.#place = place;
    this.#moved();
    void this.#load();
  }

  #moved(): void {
    this.#host.save({ ...this.#start.state, place: this.#place });
    void this.#host.call("moved", [this.#place]);
  }

  /** Loads the present place anew. What was shown goes at once: an old listing must not pass for a new one. */
  async #load(): Promise<void> {
    this.#loading?.abort();
    this.#loading = undefined;
    this.#listing = new Listing(this.#place);
    this.#usage.clear();
    this.#usageAsked.clear();
    this.#active = 0;
    this.#grid?.scrollTo(0, 0);
    await this.#loadMore();
  }

  /** The first page of a place, or the one after those there are. An answer for a place one has left is dropped. */
  async #loadMore(): Promise<void> {
    const loading = new AbortController();
    this.#loading = loading;
    this.#failure = undefined;
    const timer = setTimeout(() => this.#showProgress(loading), patience);
    this.requestUpdate();
    try {
      await this.#addPage(loading.signal);
    } catch (error) {
      if (!loading.signal.aborted) this.#failure = failureOf(error);
    } finally {
      clearTimeout(timer);
      if (this.#loading === loading) {
        this.#loading = undefined;
        this.#slow = false;
      }
      this.requestUpdate();
    }
  }

  async #addPage(signal: AbortSignal): Promise<void> {
    const listing = this.#listing;
    if (this.#place.level === "buckets") {
      listing.addBuckets(await this.#host.call("listBuckets", [], signal));
      return;
    }
    const { bucket, prefix } = this.#place;
    const next = listing.next;
    listing.addPage(await this.#host.call("listObjects", [{ bucket, prefix, ...(next && { next }) }], signal));
  }

  #showProgress(loading: AbortController): void {
    if (this.#loading !== loading) return;
    this.#slow = true;
    this.requestUpdate();
  }

  get #grid(): HTMLElement | null {
    return this.renderRoot instanceof ShadowRoot ? this.renderRoot.querySelector<HTMLElement>(".grid") : null;
  }

  #measure(): void {
    const { scrollTop = 0, clientHeight = 0 } = this.#grid ?? {};
    this.#view = { scrollTop, height: Math.max(0, clientHeight - headHeight), rowHeight, count: this.#listing.count };
    this.requestUpdate();
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    if (this.#view.height === 0 && this.#grid) this.#measure();
    const { end } = this.#range();
    const wantsMore = this.#listing.next !== undefined && end + nearEnd >= this.#listing.count;
    if (wantsMore && !this.#loading && !this.#failure) void this.#loadMore();
    this.#askUsage();
  }

  #range(): { first: number; end: number } {
    return rowsInView({ ...this.#view, count: this.#listing.count });
  }

  /** One HEAD for each bucket on the screen, few at a time. */
  #askUsage(): void {
    const { first, end } = this.#range();
    for (let index = first; index < end && this.#usageRunning < usageAtOnce; index++) {
      const row = this.#listing.row(index);
      if (row?.kind === "bucket" && !this.#usageAsked.has(row.bucket.name)) void this.#loadUsage(row.bucket.name);
    }
  }

  async #loadUsage(bucket: string): Promise<void> {
    this.#usageAsked.add(bucket);
    this.#usageRunning++;
    // A bucket that does not tell has a dash; why, its own listing says.
    const usage = await this.#host.call("bucketUsage", [bucket]).catch(() => ({}));
    this.#usageRunning--;
    this.#usage.set(bucket, usage);
    this.requestUpdate();
  }

  #take(id: WayOut): void {
    if (id !== "retry") void this.#host.call("takeWayOut", [id]);
    else if (this.#listing.count > 0) void this.#loadMore();
    else void this.#load();
  }

  #open(row: Row | undefined): void {
    const place = row && placeOf(row, this.#place);
    if (place) this.#go(place);
  }

  #up(): void {
    const parent = parentOf(this.#place);
    if (parent) this.#go(parent);
  }

  #activate(index: number): void {
    this.#active = Math.max(0, Math.min(index, this.#listing.count - 1));
    const top = scrollTo(this.#active, this.#view);
    if (top !== this.#view.scrollTop) this.#grid?.scrollTo(0, top);
    this.requestUpdate();
  }

  #onKey(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.#view.height / rowHeight) - 1);
    const actions: Readonly<Record<string, () => void>> = {
      ArrowDown: () => this.#activate(this.#active + 1),
      ArrowUp: () => (event.altKey ? this.#up() : this.#activate(this.#active - 1)),
      PageDown: () => this.#activate(this.#active + page),
      PageUp: () => this.#activate(this.#active - page),
      Home: () => this.#activate(0),
      End: () => this.#activate(this.#listing.count - 1),
      Enter: () => this.#open(this.#listing.row(this.#active)),
      Backspace: () => this.#up(),
      F5: () => void this.#load(),
    };
    const action = event.ctrlKey || event.metaKey ? undefined : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  protected override render(): TemplateResult {
    return html`
      ${iconStyles()}
      <h1>${l10n.t("Buckets of {0}", this.#start.state.userName)}</h1>
      ${this.#toolbar()}
      <div class="progress">
        ${this.#slow ? html`<vscode-progress-bar indeterminate aria-label=${l10n.t("Loading")}></vscode-progress-bar>` : nothing}
      </div>
      ${this.#content()} ${this.#failure ? failureView(this.#failure, (id) => this.#take(id)) : nothing}
      <div class="status" role="status">${this.#status()}</div>
    `;
  }

  #toolbar(): TemplateResult {
    const crumbs = wayTo(this.#place);
    const crumb = (name: TemplateResult | string, title: string, place: Place, isLast: boolean): TemplateResult =>
      html`<li>
        <button
          class="crumb"
          title=${title}
          aria-current=${isLast ? "page" : nothing}
          @click=${() => !isLast && this.#go(place)}
        >
          ${name}
        </button>
        ${isLast ? nothing : html`${icon("chevron-right")}`}
      </li>`;
    return html`<div class="toolbar">
      <nav aria-label=${l10n.t("Path")}>
        <ol>
          ${crumb(l10n.t("Buckets"), l10n.t("Buckets"), { level: "buckets" }, crumbs.length === 0)}
          ${crumbs.map(({ name, place }, index) =>
            crumb(nameView(visible(name)), visible(name), place, index === crumbs.length - 1),
          )}
        </ol>
      </nav>
      ${this.#tool("arrow-up", l10n.t("Go Up"), () => this.#up(), parentOf(this.#place) === undefined)}
      ${this.#tool("refresh", l10n.t("Refresh"), () => void this.#load(), false)}
    </div>`;
  }

  #tool(iconName: string, label: string, action: () => void, disabled: boolean): TemplateResult {
    return html`<button class="tool" title=${label} aria-label=${label} ?disabled=${disabled} @click=${action}>
      ${icon(iconName)}
    </button>`;
  }

  #content(): TemplateResult | typeof nothing {
    const { count } = this.#listing;
    if (count > 0) return this.#table();
    if (this.#failure) return nothing;
    if (this.#loading) return html`<div class="grid"></div>`;
    const text =
      this.#place.level === "buckets" ? l10n.t("This user has no buckets yet.") : l10n.t("This folder is empty.");
    return html`<div class="grid">
      <section class="message"><p>${text}</p></section>
    </div>`;
  }

  #table(): TemplateResult {
    const { count } = this.#listing;
    const { first, end } = this.#range();
    const rows = Array.from({ length: end - first }, (_, offset) => this.#row(first + offset));
    const columns = headers(this.#place);
    return html`<div
      class="grid ${this.#place.level}"
      role="grid"
      tabindex="0"
      aria-label=${this.#place.level === "buckets" ? l10n.t("Buckets") : l10n.t("Folders and objects")}
      aria-rowcount=${this.#listing.next === undefined ? count + 1 : -1}
      aria-colcount=${columns.length + 1}
      aria-activedescendant=${this.#active >= first && this.#active < end ? `row-${this.#active}` : nothing}
      @scroll=${() => this.#measure()}
      @keydown=${(event: KeyboardEvent) => this.#onKey(event)}
    >
      <div class="head" role="row" aria-rowindex="1">
        <div role="columnheader">${l10n.t("Name")}</div>
        ${columns.map(({ text, kind }) => html`<div role="columnheader" class=${kind}>${text}</div>`)}
      </div>
      <div class="space" role="rowgroup" .style=${`height: ${Math.min(count * rowHeight, tallest)}px`}>${rows}</div>
    </div>`;
  }

  #row(index: number): TemplateResult | typeof nothing {
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
      .style=${`top: ${index * rowHeight}px`}
      @click=${() => this.#activate(index)}
      @dblclick=${() => this.#open(row)}
    >
      <div role="gridcell" class="name" title=${name}>
        ${icon(kindIcon)}
        ${opens ? html`<span class="opens" @click=${() => this.#open(row)}>${nameView(name)}</span>` : nameView(name)}
      </div>
      ${headers(this.#place).map(({ kind }, column) => {
        const { text = "", title } = others[column] ?? {};
        return html`<div role="gridcell" class=${kind} title=${title || nothing}>${text}</div>`;
      })}
    </div>`;
  }

  #status(): string {
    const { count, next } = this.#listing;
    if (this.#loading && count === 0) return l10n.t("Loading…");
    if (count === 0) return "";
    const number = formatCount(count, this.#start.locale);
    if (next !== undefined) return l10n.t("{0} items loaded, more to come", number);
    return count === 1 ? l10n.t("1 item") : l10n.t("{0} items", number);
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof HostFailure) return error.failure;
  return { title: l10n.t("The panel failed to show this."), waysOut: [{ id: "retry", label: l10n.t("Retry") }] };
}
