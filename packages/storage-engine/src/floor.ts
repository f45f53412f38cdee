/** The least of the `count` highest values seen so far: what a value has to reach to be one of them. */
export interface Floor {
  /** Minus infinity until `count` values were seen. */
  readonly value: number;
  offer(value: number): void;
}

export function createFloor(count: number): Floor {
  // A heap whose root is the least.
  const heap: number[] = [];
  const at = (place: number): number => heap[place] as number;

  const rise = (from: number): void => {
    const value = at(from);
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (at(parent) <= value) break;
      heap[place] = at(parent);
      place = parent;
    }
    heap[place] = value;
  };
  const sink = (value: number): void => {
    let place = 0;
    while (true) {
      const left = 2 * place + 1;
      if (left >= heap.length) break;
      const child = left + 1 < heap.length && at(left + 1) < at(left) ? left + 1 : left;
      if (at(child) >= value) break;
      heap[place] = at(child);
      place = child;
    }
    heap[place] = value;
  };

  return {
    get value() {
      return heap.length < count ? Number.NEGATIVE_INFINITY : at(0);
    },
    offer: (value) => {
      if (heap.length < count) {
        heap.push(value);
        rise(heap.length - 1);
      } else if (value > at(0)) {
        sink(value);
      }
    },
  };
}
