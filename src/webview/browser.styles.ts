import { css } from "lit";

export const styles = css`
  :host {
    display: flex;
    flex-direction: column;
    height: 100vh;
    container-type: inline-size;
    color: var(--vscode-foreground);
    background: var(--vscode-editor-background);
    font-family: var(--vscode-font-family);
    font-size: var(--vscode-font-size, 13px);
  }
  /* For screen readers: the tab shows it already. */
  h1 {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: 0;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .toolbar {
    display: flex;
    align-items: center;
    gap: 4px;
    padding: 4px 8px 4px 12px;
    min-height: 27px;
    border-bottom: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, transparent));
  }
  /* A long way scrolls, its end in view, as VS Code's own breadcrumbs do. */
  nav {
    flex: 1;
    min-width: 0;
    overflow-x: auto;
    scrollbar-width: none;
  }
  ol {
    display: flex;
    align-items: center;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  li {
    display: flex;
    align-items: center;
    flex: none;
  }
  .crumb {
    max-width: min(260px, 55cqi);
    padding: 2px 4px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    border: 0;
    border-radius: 3px;
    color: var(--vscode-breadcrumb-foreground, inherit);
    background: none;
    font: inherit;
    cursor: pointer;
  }
  .crumb:hover {
    color: var(--vscode-breadcrumb-focusForeground, inherit);
    text-decoration: underline;
  }
  .crumb[aria-current] {
    color: var(--vscode-foreground);
    cursor: default;
    text-decoration: none;
  }
  .tool {
    display: flex;
    padding: 3px;
    border: 0;
    border-radius: 5px;
    color: var(--vscode-icon-foreground);
    background: none;
    cursor: pointer;
  }
  .tool:hover:enabled {
    background: var(--vscode-toolbar-hoverBackground);
    outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
    outline-offset: -1px;
  }
  .tool:disabled {
    opacity: 0.4;
    cursor: default;
  }
  .crumb:focus-visible,
  .tool:focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: -1px;
  }
  .progress {
    height: 2px;
    overflow: hidden;
  }
  .grid {
    position: relative;
    flex: 1;
    overflow: hidden auto;
    min-height: 92px;
    outline: none;
  }
  .space {
    position: relative;
  }
  /* From before: the answer that takes its place is on its way. */
  .old .space {
    opacity: 0.5;
  }
  [role="row"] {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 90px 160px 110px;
    align-items: center;
    box-sizing: border-box;
    width: 100%;
    height: 22px;
    padding: 0 12px;
    column-gap: 12px;
    line-height: 22px;
  }
  .buckets [role="row"] {
    grid-template-columns: minmax(0, 1fr) 160px 90px 90px;
  }
  .head {
    position: sticky;
    top: 0;
    z-index: 1;
    height: 26px;
    line-height: 26px;
    background: var(--vscode-editor-background);
    border-bottom: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, transparent));
    font-weight: 600;
  }
  .space [role="row"] {
    position: absolute;
    inset-inline-start: 0;
    cursor: default;
    user-select: none;
  }
  .space [role="row"]:hover {
    background: var(--vscode-list-hoverBackground);
    outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
    outline-offset: -1px;
  }
  .space [role="row"].active {
    color: var(--vscode-list-inactiveSelectionForeground, inherit);
    background: var(--vscode-list-inactiveSelectionBackground);
    outline: 1px dotted var(--vscode-contrastActiveBorder, transparent);
    outline-offset: -1px;
  }
  .grid:focus-visible .space [role="row"].active {
    color: var(--vscode-list-activeSelectionForeground);
    background: var(--vscode-list-activeSelectionBackground);
    outline: 1px solid var(--vscode-list-focusOutline, var(--vscode-focusBorder));
    outline-offset: -1px;
  }
  [role="gridcell"],
  [role="columnheader"] {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .number {
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  .name {
    display: flex;
    align-items: center;
    gap: 6px;
  }
  .name .codicon {
    flex: none;
    color: var(--vscode-icon-foreground);
  }
  .active .name .codicon {
    color: inherit;
  }
  bdi {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: pre;
  }
  .opens {
    cursor: pointer;
  }
  .opens:hover {
    text-decoration: underline;
  }
  .unnamed {
    font-style: italic;
    opacity: 0.8;
  }
  .message {
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    gap: 8px;
    padding: 20px 24px;
    outline: none;
    overflow-wrap: anywhere;
  }
  .message > * {
    max-width: 560px;
  }
  .message h2 {
    display: flex;
    gap: 8px;
    margin: 0;
    font-size: 1.1em;
    font-weight: 600;
  }
  .message p {
    margin: 0;
    line-height: 1.5;
  }
  .failed {
    overflow: auto;
    border-top: 1px solid transparent;
  }
  .grid + .failed {
    border-color: var(--vscode-panel-border, var(--vscode-contrastBorder, transparent));
  }
  .failed h2 .codicon {
    color: var(--vscode-errorForeground);
  }
  .request {
    display: flex;
    align-items: center;
    gap: 4px;
    color: var(--vscode-descriptionForeground);
    user-select: text;
  }
  .ways {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-top: 4px;
  }
  .status {
    display: flex;
    margin-top: auto;
    min-height: 22px;
    padding: 0 12px;
    align-items: center;
    color: var(--vscode-descriptionForeground);
    border-top: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, transparent));
  }
  @container (max-width: 520px) {
    [role="row"] {
      grid-template-columns: minmax(0, 1fr) 80px 150px;
    }
    .buckets [role="row"] {
      grid-template-columns: minmax(0, 1fr) 80px 70px;
    }
    .fourth,
    .buckets .created {
      display: none;
    }
    .buckets .fourth {
      display: block;
    }
  }
  @container (max-width: 360px) {
    [role="row"],
    .buckets [role="row"] {
      grid-template-columns: minmax(0, 1fr) 80px;
    }
    .third,
    .buckets .fourth {
      display: none;
    }
    .buckets .third {
      display: block;
    }
  }
`;
