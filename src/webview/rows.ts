import * as l10n from "@vscode/l10n";
import { type TemplateResult, html } from "lit";
import type { BucketRow, BucketUsage, ObjectRow, Place } from "../protocol/bucketBrowser.ts";
import { formatCount, formatDate, formatSize, nameBelow, visible } from "./format.ts";
import type { Row } from "./listing.ts";

export interface RowContext {
  readonly place: Place;
  readonly locale: string;
  /** Absent while it is not known. */
  readonly usage: (bucket: string) => BucketUsage | undefined;
}

interface Cell {
  readonly text: string;
  /** The exact value behind a shortened one. */
  readonly title?: string;
}

interface Cells {
  readonly icon: string;
  readonly name: string;
  /** For screen readers: what it is, and its name. */
  readonly label: string;
  /** In the order of the headers. */
  readonly others: readonly Cell[];
}

/** The columns after the name, of both levels. The classes say which go first where it is narrow. */
export function headers(place: Place): readonly { readonly text: string; readonly kind: string }[] {
  return place.level === "buckets"
    ? [
        { text: l10n.t("Created"), kind: "created" },
        { text: l10n.t("Size"), kind: "number third" },
        { text: l10n.t("Objects"), kind: "number fourth" },
      ]
    : [
        { text: l10n.t("Size"), kind: "number second" },
        { text: l10n.t("Modified"), kind: "third" },
        { text: l10n.t("Storage Class"), kind: "fourth" },
      ];
}

export function cellsOf(row: Row, context: RowContext): Cells {
  switch (row.kind) {
    case "bucket":
      return bucketCells(row.bucket, context);
    case "folder": {
      const name = nameIn(context.place, row.prefix);
      return { icon: "folder", name, label: l10n.t("folder {0}", name || emptyName()), others: [] };
    }
    case "object":
      return objectCells(row.object, context);
  }
}

/** A name, or a stand-in for an empty one, which keys such as `a//b` have. */
export function nameView(name: string): TemplateResult {
  return name === "" ? html`<bdi class="unnamed">${emptyName()}</bdi>` : html`<bdi>${name}</bdi>`;
}

function emptyName(): string {
  return l10n.t("(empty name)");
}

function bucketCells({ name, created = "" }: BucketRow, { locale, usage }: RowContext): Cells {
  const used = usage(name);
  const shown = visible(name);
  return {
    icon: "database",
    name: shown,
    label: l10n.t("bucket {0}", shown),
    others: [
      { text: formatDate(created, locale), title: created },
      used?.bytes === undefined ? unknown(used) : sizeCell(used.bytes, locale),
      used?.objects === undefined ? unknown(used) : { text: formatCount(used.objects, locale) },
    ],
  };
}

function objectCells({ key, size, modified = "", storageClass = "" }: ObjectRow, { place, locale }: RowContext): Cells {
  const name = nameIn(place, key);
  return {
    icon: "file",
    name,
    label: l10n.t("object {0}", name),
    others: [
      sizeCell(size, locale),
      { text: formatDate(modified, locale), title: modified },
      { text: storageClass, title: storageClass },
    ],
  };
}

/** Nothing while the endpoint is asked, a dash when it does not tell. */
function unknown(used: BucketUsage | undefined): Cell {
  return { text: used ? "—" : "" };
}

function sizeCell(bytes: number, locale: string): Cell {
  return { text: formatSize(bytes, locale), title: l10n.t("{0} bytes", formatCount(bytes, locale)) };
}

function nameIn(place: Place, key: string): string {
  return nameBelow(place.level === "objects" ? place.prefix : "", key);
}
