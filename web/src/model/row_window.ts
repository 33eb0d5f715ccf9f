// Which rows of a long list are worth drawing.

export interface Range {
  begin: number;
  end: number;
}

/** Rows that touch the view, with `spare` more on either side. */
export function rowsInView(scrollTop: number, height: number, rowHeight: number, count: number, spare: number): Range {
  const first = Math.floor(scrollTop / rowHeight);
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + spare);
  return { begin: Math.max(0, Math.min(first, end) - spare), end };
}
