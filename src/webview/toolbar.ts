import * as l10n from "@vscode/l10n";
import { type TemplateResult, html, nothing } from "lit";
import type { Place } from "../protocol/bucketBrowser.ts";
import { visible } from "./format.ts";
import { icon } from "./icon.ts";
import { parentOf, wayTo } from "./listing.ts";
import { nameView } from "./rows.ts";

export interface ToolbarActions {
  readonly go: (place: Place) => void;
  readonly up: () => void;
  readonly refresh: () => void;
}

/** The way to the place, each step a button, and what can be done there. */
export function toolbarView(place: Place, { go, up, refresh }: ToolbarActions): TemplateResult {
  const buckets = l10n.t("Buckets");
  const steps = [{ name: buckets, place: { level: "buckets" } as Place }, ...wayTo(place)];
  const crumb = (name: string, to: Place, isLast: boolean): TemplateResult =>
    html`<li>
      <button
        class="crumb"
        title=${visible(name)}
        aria-current=${isLast ? "page" : nothing}
        @click=${() => !isLast && go(to)}
      >
        ${nameView(visible(name))}
      </button>
      ${isLast ? nothing : icon("chevron-right")}
    </li>`;
  return html`<div class="toolbar">
    <nav aria-label=${l10n.t("Path")}>
      <ol>
        ${steps.map((step, index) => crumb(step.name, step.place, index === steps.length - 1))}
      </ol>
    </nav>
    ${toolView("arrow-up", l10n.t("Go Up"), up, parentOf(place) === undefined)}
    ${toolView("refresh", l10n.t("Refresh"), refresh)}
  </div>`;
}

/** A button that is an icon. */
export function toolView(iconName: string, label: string, action: () => void, disabled = false): TemplateResult {
  return html`<button class="tool" title=${label} aria-label=${label} ?disabled=${disabled} @click=${action}>
    ${icon(iconName)}
  </button>`;
}
