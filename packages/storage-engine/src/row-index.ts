import { createIdRows } from "./id-rows.ts";
import { createOrderedMap, type PageRange } from "./ordered-map.ts";

/** Which row each id is in, and the ids in their order. */
export interface RowIndex {
  get(id: string): number | undefined;
  set(id: string, row: number): void;
  /**
   * Adds ids that stand in order, behind all others, for rows behind each other.
   *
   * @throws Error when they do not.
   */
  append(ids: readonly string[], firstRow: number): void;
  delete(id: string): void;
  /** The rows of a page, by ascending id. */
  page(range: PageRange): number[];
  /** The rows behind `after`, by ascending id, until what `bytesOf` says of them comes to `most`; at least one. */
  part(after: string | undefined, most: number, bytesOf: (row: number) => number): number[];
}

export function createRowIndex(): RowIndex {
  const rows = createIdRows();
  // The ids in order, with some that are gone: to find one's place costs ten times what deleting it by hash does, so
  // whoever reads skips them, and whoever adds takes two out.
  const order = createOrderedMap<string>();
  const gone: string[] = [];

  const bury = (): void => {
    const id = gone.pop();
    // It may be back.
    if (id !== undefined && rows.get(id) === undefined) order.delete(id);
  };
  const rowsOf = (ids: readonly string[]): number[] =>
    ids.map((id) => rows.get(id)).filter((row) => row !== undefined);

  return {
    get: (id) => rows.get(id),
    set: (id, row) => {
      if (!rows.set(id, row)) return;
      bury();
      bury();
      order.set(id, id);
    },
    append: (ids, firstRow) => {
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] as string;
        order.append(id, id);
        rows.append(id, firstRow + i);
      }
    },
    delete: (id) => {
      if (rows.delete(id)) gone.push(id);
    },
    page: ({ prefix, after, limit }) => {
      const found: number[] = [];
      let last = after;
      while (found.length < limit) {
        const wanted = limit - found.length;
        const ids = order.page({ prefix, after: last, limit: wanted });
        found.push(...rowsOf(ids));
        if (ids.length < wanted) break;
        last = ids.at(-1);
      }
      return found;
    },
    part: (after, most, bytesOf) => {
      let last = after;
      while (true) {
        const ids = order.part(last, most, (id) => {
          const row = rows.get(id);
          return row === undefined ? 0 : bytesOf(row);
        });
        const found = rowsOf(ids);
        if (found.length > 0 || ids.length === 0) return found;
        last = ids.at(-1);
      }
    },
  };
}
