// A long list of which only what is in view is in the page. Rows have one height.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { rowsInView, type Range } from "../model/row_window.ts";

export interface VirtualListProps<Item> {
  items: readonly Item[];
  rowHeight: number;
  label: string;
  columns: number;
  head: ComponentChildren;                     // the row of column headers
  row: (item: Item, index: number) => ComponentChildren;
  keyOf: (item: Item) => string | number;
  onOpen: (item: Item) => void;
  empty: ComponentChildren;
}

// Rows kept ready outside the view on either side, so that quick scrolling shows no gaps.
const spare = 12;

/** A grid: arrow keys, Page Up and Down, Home and End move the active row, Enter opens it. */
export function VirtualList<Item>({ items, rowHeight, label, columns, head, row, keyOf, onOpen, empty }: VirtualListProps<Item>) {
  const viewport = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState<Range>({ begin: 0, end: 40 });
  const [active, setActive] = useState<string | number | null>(null);
  const activeIndex = items.findIndex((item) => keyOf(item) === active);

  const measure = () => {
    const element = viewport.current;
    if (!element) return;  // a scroll that was on its way when the list went
    const next = rowsInView(element.scrollTop, element.clientHeight, rowHeight, items.length, spare);
    setRange((last) => (last.begin === next.begin && last.end === next.end ? last : next));
  };
  useLayoutEffect(measure, [items.length, rowHeight]);
  useEffect(() => {
    const observer = new ResizeObserver(measure);
    observer.observe(viewport.current!);
    return () => observer.disconnect();
  }, [items.length, rowHeight]);

  const moveTo = (index: number) => {
    const target = Math.max(0, Math.min(items.length - 1, index));
    const item = items[target];
    if (item === undefined) return;
    setActive(keyOf(item));
    const element = viewport.current!;
    const top = target * rowHeight;
    const headHeight = element.firstElementChild!.clientHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + element.clientHeight - headHeight) {
      element.scrollTop = top + rowHeight - element.clientHeight + headHeight;
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, Math.floor(viewport.current!.clientHeight / rowHeight) - 2);
    const steps: Record<string, number> = {
      ArrowDown: activeIndex + 1, ArrowUp: Math.max(0, activeIndex - 1),
      PageDown: activeIndex + page, PageUp: activeIndex - page, Home: 0, End: items.length - 1,
    };
    const target = steps[event.key];
    const current = items[activeIndex];
    if (target !== undefined) moveTo(target);
    else if (event.key === "Enter" && current !== undefined) onOpen(current);
    else return;
    event.preventDefault();
  };

  const shown = items.slice(range.begin, range.end);
  const rowId = (key: string | number) => `row-${key}`;
  return (
    <div
      ref={viewport}
      class="grid"
      role="grid"
      aria-label={label}
      aria-rowcount={items.length + 1}
      aria-colcount={columns}
      aria-activedescendant={active !== null && activeIndex >= range.begin && activeIndex < range.end ? rowId(active) : undefined}
      tabIndex={0}
      onScroll={measure}
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        if (event.target === event.currentTarget && activeIndex < 0) moveTo(range.begin === 0 ? 0 : range.begin + spare);
      }}
    >
      <div class="grid-head" role="rowgroup">
        <div class="grid-row" role="row" aria-rowindex={1}>{head}</div>
      </div>
      <div class="grid-body" role="rowgroup" style={{ height: `${items.length * rowHeight}px` }}>
        {shown.map((item, i) => {
          const index = range.begin + i;
          const key = keyOf(item);
          return (
            <div
              key={key}
              id={rowId(key)}
              class={key === active ? "grid-row active" : "grid-row"}
              role="row"
              aria-rowindex={index + 2}
              style={{ transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` }}
              onClick={() => {
                setActive(key);
                onOpen(item);
              }}
            >
              {row(item, index)}
            </div>
          );
        })}
      </div>
      {items.length === 0 && <div class="empty">{empty}</div>}
    </div>
  );
}
