// Of ten thousand rows only those in sight exist. All rows of a list have the same height, so that their places are known.
export interface Slice {
  first: number;
  end: number; // exclusive
}

const MARGIN = 8; // rows kept on each side, so that a quick flick meets rows

export function sliceOf(rows: number, rowHeight: number, scrollTop: number, height: number): Slice {
  if (rows <= 0 || rowHeight <= 0) return { first: 0, end: 0 };
  const top = Math.max(0, Math.min(scrollTop, rows * rowHeight - height));
  const first = Math.max(0, Math.floor(top / rowHeight) - MARGIN);
  const end = Math.min(rows, Math.ceil((top + height) / rowHeight) + MARGIN);
  return { first, end: Math.max(first, end) };
}

/** Where to scroll so that a row is in sight: nowhere, when it is. */
export function scrollFor(row: number, rowHeight: number, scrollTop: number, height: number): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + height ? top + rowHeight - height : scrollTop;
}
