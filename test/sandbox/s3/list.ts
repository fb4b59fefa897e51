/** Where a listing goes on: at the first row behind this one, by key in UTF-8 byte order, then by `tie`. */
export interface Position {
  readonly key: Uint8Array;
  /** Tells rows of one key apart: the place of a version, or the id of an upload. None: before all of that key. */
  readonly tie?: number | string | undefined;
}

export interface Row {
  readonly key: string;
}

export interface Listing<R extends Row> {
  readonly rows: readonly R[];
  readonly prefixes: readonly string[];
  readonly truncated: boolean;
  /** The last row or common prefix of a page that is not the last. */
  readonly next: R | string | undefined;
}

export interface ListQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly after: Position | undefined;
  readonly maxKeys: number;
}

/** Rows in order, from behind a position; read lazily, and left early. */
export type Scan<R extends Row> = (from: Position) => Iterable<R>;

/** One page. What a delimiter folds into a common prefix is jumped over in the index, not read. */
export function listPage<R extends Row>(query: ListQuery, scan: Scan<R>): Listing<R> {
  const rows: R[] = [];
  const prefixes: string[] = [];
  let next: R | string | undefined;
  let from: Position | undefined = firstPosition(query);
  while (from !== undefined) {
    const start: Position = from;
    from = undefined;
    for (const row of scan(start)) {
      if (!row.key.startsWith(query.prefix)) break;
      if (rows.length + prefixes.length >= query.maxKeys) {
        return { rows, prefixes, truncated: query.maxKeys > 0, next };
      }
      const folded = commonPrefix(row.key, query);
      if (folded === undefined) {
        rows.push(row);
        next = row;
        continue;
      }
      prefixes.push(folded);
      next = folded;
      from = behindPrefix(folded);
      break;
    }
  }
  return { rows, prefixes, truncated: false, next: undefined };
}

/** What the delimiter folds a key into: as far as to the end of the first delimiter behind the prefix. */
export function commonPrefix(key: string, query: Pick<ListQuery, "prefix" | "delimiter">): string | undefined {
  if (query.delimiter === "") return undefined;
  const at = key.indexOf(query.delimiter, query.prefix.length);
  return at < 0 ? undefined : key.slice(0, at + query.delimiter.length);
}

/** Behind every key that starts so: 0xff is in no UTF-8 text. */
export function behindPrefix(prefix: string): Position {
  return { key: Buffer.concat([Buffer.from(prefix), Buffer.of(0xff)]) };
}

/** Behind the key itself. */
export function behindKey(key: string): Position {
  return { key: Buffer.concat([Buffer.from(key), Buffer.of(0)]) };
}

function firstPosition({ prefix, delimiter, after }: ListQuery): Position {
  const start: Position = { key: Buffer.from(prefix) };
  if (after === undefined || Buffer.compare(after.key, start.key) < 0) return start;
  // A marker inside a common prefix means that this prefix has been told already (measured with RGW 16.2).
  const marker = Buffer.from(after.key).toString("utf8");
  const folded = marker.startsWith(prefix) ? commonPrefix(marker, { prefix, delimiter }) : undefined;
  return folded === undefined ? after : behindPrefix(folded);
}
