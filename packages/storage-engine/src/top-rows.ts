/** A row of a table with its score. */
interface ScoredRow {
  readonly row: number;
  readonly score: number;
}

/** The best rows seen so far, at most `topK`: a heap whose root is the worst of them. */
export interface TopRows {
  offer(row: number, score: number): void;
  /** The rows, best first, ties by ascending id. */
  sorted(): ScoredRow[];
}

/** @param idOf The id of a row's record; ids break ties. */
export function createTopRows(topK: number, idOf: (row: number) => string): TopRows {
  const heap: ScoredRow[] = [];
  const compare = (a: ScoredRow, b: ScoredRow): number =>
    b.score - a.score || (idOf(a.row) < idOf(b.row) ? -1 : 1);
  const at = (place: number): ScoredRow => heap[place] as ScoredRow;
  const swap = (a: number, b: number): void => {
    const held = at(a);
    heap[a] = at(b);
    heap[b] = held;
  };

  const rise = (from: number): void => {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (compare(at(place), at(parent)) <= 0) return;
      swap(place, parent);
      place = parent;
    }
  };
  const sink = (): void => {
    let place = 0;
    while (true) {
      const left = 2 * place + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const child = right < heap.length && compare(at(right), at(left)) > 0 ? right : left;
      if (compare(at(child), at(place)) <= 0) return;
      swap(child, place);
      place = child;
    }
  };

  return {
    offer: (row, score) => {
      if (heap.length < topK) {
        heap.push({ row, score });
        rise(heap.length - 1);
        return;
      }
      // Most rows end here: no object is made for them.
      if (score < at(0).score) return;
      const candidate = { row, score };
      if (compare(candidate, at(0)) > 0) return;
      heap[0] = candidate;
      sink();
    },
    sorted: () => heap.sort(compare),
  };
}
