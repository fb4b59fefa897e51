/** Pixels. Chromium draws no element taller than this. */
export const tallest = 33_000_000;

export interface View {
  /** Pixels */
  readonly scrollTop: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly count: number;
}

export interface RowRange {
  readonly first: number;
  /** One after the last. */
  readonly end: number;
}

/** Rows drawn beyond each edge, so that scrolling does not show blanks. */
const overscan = 10;

/** The rows that must be drawn. */
export function rowsInView({ scrollTop, height, rowHeight, count }: View): RowRange {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - overscan);
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + overscan);
  return { first: Math.min(first, end), end };
}

/** Where to scroll so that a row is wholly in view; where it is already, nothing moves. */
export function scrollTo(row: number, { scrollTop, height, rowHeight }: View): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + height ? top + rowHeight - height : scrollTop;
}
