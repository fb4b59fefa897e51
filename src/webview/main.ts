import "@vscode-elements/elements/dist/vscode-button/index.js";
import "@vscode-elements/elements/dist/vscode-progress-bar/index.js";
import { BucketBrowser } from "./browser.ts";

customElements.define("rgw-bucket-browser", BucketBrowser);
