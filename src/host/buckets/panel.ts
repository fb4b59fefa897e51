import * as vscode from "vscode";
import * as z from "zod/mini";
import type { RgwUser } from "../../core/platform/schema.ts";
import type { PanelState, Place, WayOut } from "../../protocol/bucketBrowser.ts";
import { explain } from "../explain.ts";
import type { Keyring } from "../keyring.ts";
import { pickUser } from "../pickUser.ts";
import { type Reporter, isCancellation, wayOutCommands } from "../report.ts";
import { readEndpoints } from "../settings.ts";
import type { UserList } from "../userList.ts";
import { Connection } from "./connection.ts";
import { panelDocument } from "./document.ts";
import { notify, placeSchema, serve } from "./serve.ts";

const viewType = "rgw.buckets";

const panelState: z.ZodMiniType<PanelState> = z.object({
  platformOrigin: z.string(),
  userId: z.string(),
  userName: z.string(),
  place: placeSchema,
});

/** One user's panel, and its way to the S3 endpoint. */
interface OpenPanel {
  readonly panel: vscode.WebviewPanel;
  readonly connection: Connection;
}

/** The panels that browse buckets: one for each user, in the editor area. */
export class BucketPanels implements vscode.Disposable {
  readonly #extensionUri: vscode.Uri;
  readonly #keyring: Keyring;
  readonly #reporter: Reporter;
  readonly #panels = new Map<string, OpenPanel>();
  readonly #serializer: vscode.Disposable;

  constructor(extensionUri: vscode.Uri, keyring: Keyring, reporter: Reporter) {
    this.#extensionUri = extensionUri;
    this.#keyring = keyring;
    this.#reporter = reporter;
    this.#serializer = vscode.window.registerWebviewPanelSerializer(viewType, {
      deserializeWebviewPanel: async (panel, saved) => {
        const state = panelState.safeParse(saved);
        if (state.success) this.#fill(panel, state.data);
        else panel.dispose();
      },
    });
  }

  /** Opens the user's panel, or comes back to it. */
  async browse(target: unknown, list: UserList): Promise<void> {
    const user = await pickUser(list, target, vscode.l10n.t("Browse Buckets"));
    if (user) this.#open(user);
  }

  /** What shows that the user's stored key is in use, in words. */
  inUse(userId: string): readonly string[] {
    const open = this.#panels.get(userId);
    return open
      ? [vscode.l10n.t("the open panel “{0}”, which takes up the new secret key by itself", open.panel.title)]
      : [];
  }

  /** The way to the S3 endpoint of the user's panel, where that is the editor that a person is in. */
  activeConnection(userId: string): Connection | undefined {
    const open = this.#panels.get(userId);
    return open?.panel.active ? open.connection : undefined;
  }

  /** The panels stay: a window that reloads ends this too, and is to find them again. */
  dispose(): void {
    this.#serializer.dispose();
  }

  #open({ id, name }: RgwUser): void {
    const open = this.#panels.get(id);
    if (open) return open.panel.reveal();
    const panel = vscode.window.createWebviewPanel(viewType, name, vscode.ViewColumn.Active);
    this.#fill(panel, {
      platformOrigin: readEndpoints().apiUrl.origin,
      userId: id,
      userName: name,
      place: { level: "buckets" },
    });
  }

  #fill(panel: vscode.WebviewPanel, state: PanelState): void {
    const { userId, userName } = state;
    panel.webview.options = {
      enableScripts: true,
      localResourceRoots: [vscode.Uri.joinPath(this.#extensionUri, "dist", "webview")],
    };
    panel.iconPath = vscode.Uri.joinPath(this.#extensionUri, "media", "bucket.svg");
    panel.title = title(userName, state.place);
    const connection = new Connection(this.#keyring, state);
    this.#panels.set(userId, { panel, connection });
    const served = serve(
      panel.webview,
      {
        listBuckets: (signal) => connection.use((s3) => s3.buckets(signal)),
        bucketUsage: (bucket, signal) => connection.use((s3) => s3.usage(bucket, signal)),
        listObjects: (request, signal) => connection.use((s3) => s3.objects(request, signal)),
        takeWayOut: (id) => takeWayOut(id, userId),
        moved: async (place) => {
          panel.title = title(userName, place);
        },
      },
      (error) => {
        if (!isCancellation(error)) this.#reporter.note(viewType, error);
        return explain(error);
      },
    );
    const renew = async (): Promise<void> => {
      if (await connection.renew()) notify(panel.webview, "refresh");
    };
    const changed = this.#keyring.onDidChange((changedId) => {
      if (changedId === userId) renew().catch((error: unknown) => this.#reporter.note(viewType, error));
    });
    panel.onDidDispose(() => {
      if (this.#panels.get(userId)?.panel === panel) this.#panels.delete(userId);
      served.dispose();
      changed.dispose();
      connection.close();
    });
    panel.webview.html = panelDocument(panel.webview, this.#extensionUri, {
      state,
      locale: vscode.env.language,
      ...(vscode.l10n.bundle && { l10n: vscode.l10n.bundle }),
    });
  }
}

function title(userName: string, place: Place): string {
  return place.level === "buckets" ? userName : `${place.bucket} — ${userName}`;
}

async function takeWayOut(id: WayOut, userId: string): Promise<void> {
  // The webview carries out a retry itself.
  if (id !== "retry") await vscode.commands.executeCommand(wayOutCommands[id], { id: userId });
}
