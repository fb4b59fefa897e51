import type { BucketRow, ObjectContext, ObjectPage, ObjectRow, Place } from "../protocol/bucketBrowser.ts";

export type Row =
  | { readonly kind: "bucket"; readonly bucket: BucketRow }
  | { readonly kind: "folder"; readonly prefix: string }
  | { readonly kind: "object"; readonly object: ObjectRow };

/** What is known of a place so far. Pages are added in place: a bucket may have millions of objects. */
export class Listing {
  readonly #prefix: string;
  readonly #buckets: Row[] = [];
  readonly #folders: Row[] = [];
  readonly #objects: Row[] = [];
  #next: string | undefined;

  constructor(place: Place) {
    this.#prefix = place.level === "objects" ? place.prefix : "";
  }

  get count(): number {
    return this.#buckets.length + this.#folders.length + this.#objects.length;
  }

  /** Asks for the page after the last one that was added. */
  get next(): string | undefined {
    return this.#next;
  }

  /** Folders first, then objects, each in the order in which they came. */
  row(index: number): Row | undefined {
    const [buckets, folders] = [this.#buckets.length, this.#folders.length];
    if (index < buckets) return this.#buckets[index];
    return index < buckets + folders ? this.#folders[index - buckets] : this.#objects[index - buckets - folders];
  }

  /** The row that leads to a place, among those that have come. */
  find(place: Place): number | undefined {
    if (place.level === "buckets") return undefined;
    const isIt = (row: Row): boolean =>
      row.kind === "bucket" ? row.bucket.name === place.bucket : row.kind === "folder" && row.prefix === place.prefix;
    const index = [this.#buckets, this.#folders].flat().findIndex(isIt);
    return index < 0 ? undefined : index;
  }

  addBuckets(buckets: readonly BucketRow[]): void {
    for (const bucket of buckets) this.#buckets.push({ kind: "bucket", bucket });
  }

  addPage({ folders, objects, next }: ObjectPage): void {
    for (const prefix of folders) this.#folders.push({ kind: "folder", prefix });
    // The object that stands for this very folder is no entry in it.
    for (const object of objects) if (object.key !== this.#prefix) this.#objects.push({ kind: "object", object });
    this.#next = next;
  }
}

/** Where a row leads; objects lead nowhere. */
export function placeOf(row: Row, place: Place): Place | undefined {
  if (row.kind === "bucket") return { level: "objects", bucket: row.bucket.name, prefix: "" };
  if (row.kind === "folder" && place.level === "objects") return { ...place, prefix: row.prefix };
  return undefined;
}

/** What a row's context menu is about; those of buckets and folders are empty. */
export function contextOf(
  row: Row | undefined,
  place: Place,
  userId: string,
): ObjectContext | Pick<ObjectContext, "preventDefaultContextMenuItems"> {
  const preventDefaultContextMenuItems = true;
  if (row?.kind !== "object" || place.level !== "objects") return { preventDefaultContextMenuItems };
  const { key } = row.object;
  return { webviewSection: "object", id: userId, bucket: place.bucket, key, preventDefaultContextMenuItems };
}

/** One level up, or nothing above all buckets. */
export function parentOf(place: Place): Place | undefined {
  if (place.level === "buckets") return undefined;
  if (place.prefix === "") return { level: "buckets" };
  const withoutSlash = place.prefix.slice(0, -1);
  return { ...place, prefix: withoutSlash.slice(0, withoutSlash.lastIndexOf("/") + 1) };
}

/** The way down to a place: the buckets, the bucket, and each folder; `name` is empty where the folder's is. */
export function wayTo(place: Place): readonly { readonly name: string; readonly place: Place }[] {
  if (place.level === "buckets") return [];
  const crumbs: { name: string; place: Place }[] = [{ name: place.bucket, place: { ...place, prefix: "" } }];
  let prefix = "";
  for (const name of place.prefix.split("/").slice(0, -1)) {
    prefix += `${name}/`;
    crumbs.push({ name, place: { ...place, prefix } });
  }
  return crumbs;
}
