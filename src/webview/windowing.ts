export interface View {
  /** Pixels */
  readonly scrollTop: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly count: number;
  /** Pixels: the element that holds the rows gets no taller than this. */
  readonly tallest: number;
}

export interface RowRange {
  readonly first: number;
  /** One after the last. */
  readonly end: number;
}

/** Rows drawn beyond each edge, so that scrolling does not show blanks. */
const overscan = 10;

/** Chromium lays out in 1/64 of a device pixel, 32 bits signed: nothing is taller than 2^25 device pixels. */
export function tallestAt(devicePixelRatio: number): number {
  return Math.floor(33_000_000 / devicePixelRatio);
}

/** How tall the element is that holds the rows. */
export function spaceHeight({ count, rowHeight, tallest }: View): number {
  return Math.min(count * rowHeight, tallest);
}

/**
 * How far the view's top is from the top of all rows. More than `scrollTop` where the rows are taller than their
 * element: then each pixel scrolled stands for more than one.
 */
export function offsetOf(view: View): number {
  return Math.min(view.scrollTop * stretch(view), Math.max(0, view.count * view.rowHeight - view.height));
}

/** The `scrollTop` that shows an offset. */
export function scrollTopOf(offset: number, view: View): number {
  return offset / stretch(view);
}

/** Where a row is drawn in the element that holds the rows. */
export function topOf(row: number, view: View): number {
  return row * view.rowHeight - (offsetOf(view) - view.scrollTop);
}

/** The rows that must be drawn. */
export function rowsInView(view: View): RowRange {
  const { height, rowHeight, count } = view;
  const offset = offsetOf(view);
  const first = Math.max(0, Math.floor(offset / rowHeight) - overscan);
  const end = Math.min(count, Math.ceil((offset + height) / rowHeight) + overscan);
  return { first: Math.min(first, end), end };
}

/** Where to scroll so that a row is wholly in view; where it is already, nothing moves. */
export function scrollTo(row: number, view: View): number {
  const { height, rowHeight } = view;
  const [top, offset] = [row * rowHeight, offsetOf(view)];
  if (top < offset) return scrollTopOf(top, view);
  return top + rowHeight > offset + height ? scrollTopOf(top + rowHeight - height, view) : view.scrollTop;
}

function stretch(view: View): number {
  const [all, room] = [view.count * view.rowHeight - view.height, spaceHeight(view) - view.height];
  return room > 0 && all > room ? all / room : 1;
}
