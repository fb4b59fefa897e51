import * as l10n from "@vscode/l10n";
import { type TemplateResult, html, nothing } from "lit";
import type { Failure, WayOut } from "../protocol/bucketBrowser.ts";
import { icon } from "./icon.ts";
import { toolView } from "./toolbar.ts";

export interface FailureActions {
  readonly take: (id: WayOut) => void;
  readonly copy: (requestId: string) => void;
}

/** What went wrong, in place, with the ways out as buttons; the first is the main one. */
export function failureView(
  { title, detail, requestId, waysOut }: Failure,
  { take, copy }: FailureActions,
): TemplateResult {
  return html`<section class="message failed" role="alert">
    <h2>${icon("error")}${title}</h2>
    ${detail ? html`<p>${detail}</p>` : nothing}
    ${
      requestId
        ? html`<p class="request">
            ${l10n.t("Request ID: {0}", requestId)}
            ${toolView("copy", l10n.t("Copy Request ID"), () => copy(requestId))}
          </p>`
        : nothing
    }
    <div class="ways">
      ${waysOut.map(
        ({ id, label }, index) =>
          html`<vscode-button ?secondary=${index > 0} @click=${() => take(id)}>${label}</vscode-button>`,
      )}
    </div>
  </section>`;
}
