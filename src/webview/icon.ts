import { type TemplateResult, html } from "lit";

/**
 * A codicon, for the eye only. Not `<vscode-icon>`: that one sizes itself with inline styles, which the document's policy
 * refuses.
 */
export function icon(name: string): TemplateResult {
  return html`<span class="codicon codicon-${name}" aria-hidden="true"></span>`;
}

/** The icon font's classes, for a shadow root that shows icons. */
export function iconStyles(): TemplateResult {
  const link = document.querySelector<HTMLLinkElement>("#vscode-codicon-stylesheet");
  return html`<link rel="stylesheet" href=${link?.href ?? ""} />`;
}
