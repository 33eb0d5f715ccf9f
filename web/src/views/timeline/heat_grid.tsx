// A grid of cells, darker where more runs; pointing at one, or going to it by arrow keys, tells who runs in it.
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { heatLevel, type Cell } from "../../model/timeline.ts";

export const heatLevels = 6;

export interface HeatRow {
  key: number;
  title: ComponentChildren;
  hint: string;
  cells: HeatCell[];
}

/** null: not in view. `skipped`: a time that the clocks leave out. Two where the clocks show it twice. */
export type HeatCell = { cells: Cell[]; label: string } | { skipped: string } | null;

export interface HeatGridProps {
  label: string;
  count: number;                               // of columns
  every: number;                               // each so many have their number above
  rows: HeatRow[];
  numbers: boolean;                            // the number of runs in each cell
  most: number;
  crowdLimit: number;
  pointed: Cell | null;
  onPoint: (cell: Cell) => void;
}

export function HeatGrid({ label, count, every, rows, numbers, most, crowdLimit, pointed, onPoint }: HeatGridProps) {
  const grid = useRef<HTMLTableElement>(null);
  const first = rows.flatMap((row) => row.cells).find((cell) => cell !== null && "cells" in cell);
  const entry = pointed ?? (first && "cells" in first ? first.cells[0] : undefined);

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    const cell = target.closest("td");
    const moves: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key];
    if (!move || !cell || !target.matches("button")) return;
    event.preventDefault();
    neighbour(grid.current!, target as HTMLButtonElement, cell, move)?.focus();
  };
  return (
    <div class="table-scroll">
      <table class={numbers ? "heat numbers" : "heat"} ref={grid} aria-label={label} onKeyDown={onKeyDown}>
        <thead>
          <tr>
            <td />
            {Array.from({ length: Math.ceil(count / every) }, (_, i) => (
              <th key={i} scope="colgroup" colSpan={Math.min(every, count - i * every)}>
                {String(i * every).padStart(2, "0")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              <th scope="row" title={row.hint}>{row.title}</th>
              {row.cells.map((cell, i) => {
                if (cell === null) return <td key={i} class="outside" />;
                if ("skipped" in cell) return <td key={i} class="skipped" title={cell.skipped} />;
                return (
                  <td key={i} class={cell.cells.length > 1 ? "twice" : undefined}>
                    {cell.cells.map((part) => (
                      <button
                        key={part.from}
                        type="button"
                        class={`heat-${heatLevel(part.runs, most, heatLevels)}${part.peak >= crowdLimit ? " crowded" : ""}${part.from === pointed?.from ? " pointed" : ""}`}
                        tabIndex={part.from === entry?.from ? 0 : -1}
                        aria-label={`${cell.label}: ${part.runs} runs`}
                        onPointerEnter={() => onPoint(part)}
                        onFocus={() => onPoint(part)}
                      >
                        {numbers && part.runs > 0 && shortNumber(part.runs)}
                      </button>
                    ))}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

// The button in the wanted direction; an empty cell is stepped over.
function neighbour(table: HTMLTableElement, from: HTMLButtonElement, cell: HTMLTableCellElement, [x, y]: [number, number]): HTMLButtonElement | null {
  if (x !== 0) {
    const sibling = x > 0 ? from.nextElementSibling : from.previousElementSibling;
    if (sibling instanceof HTMLButtonElement) return sibling;
  }
  let column = cell.cellIndex;
  let row = (cell.parentElement as HTMLTableRowElement).rowIndex;
  for (;;) {
    column += x;
    row += y;
    const next = table.rows[row]?.cells[column];
    if (!next || row === 0 || column === 0) return null;
    const buttons = next.querySelectorAll("button");
    if (buttons.length > 0) return buttons[x < 0 ? buttons.length - 1 : 0]!;
  }
}

function shortNumber(value: number): string {
  if (value < 1000) return String(value);
  return value < 10_000 ? `${(value / 1000).toFixed(1)}k` : `${Math.round(value / 1000)}k`;
}
