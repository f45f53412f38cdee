interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (reason: unknown) => void;
}

/** Handles items, each with one result, in batches one after the other. */
export type Batcher<T, R> = (items: readonly T[], signal?: AbortSignal) => Promise<R[]>;

/**
 * Gathers what arrives while a batch is under way into the next one, up to `limit` items. A batch that fails fails
 * for all whose items are in it; an abort takes waiting items out, and leaves a batch under way alone.
 */
export function createBatcher<T, R>(
  limit: number,
  handle: (batch: readonly T[]) => Promise<readonly R[]>,
): Batcher<T, R> {
  const queue: Waiting<T, R>[] = [];
  let busy = false;

  const work = async (): Promise<void> => {
    busy = true;
    for (let batch = queue.splice(0, limit); batch.length > 0; batch = queue.splice(0, limit)) {
      try {
        const results = await handle(batch.map(({ item }) => item));
        batch.forEach(({ resolve }, i) => {
          resolve(results[i] as R);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    busy = false;
  };

  return (items, signal) =>
    new Promise((resolveAll, rejectAll) => {
      signal?.throwIfAborted();
      const mine = new Set<Waiting<T, R>>();
      const results = items.map(
        (item) =>
          new Promise<R>((resolve, reject) => {
            const waiting = { item, resolve, reject };
            mine.add(waiting);
            queue.push(waiting);
          }),
      );
      const abort = (): void => {
        for (let i = queue.length - 1; i >= 0; i--) {
          if (mine.has(queue[i] as Waiting<T, R>)) queue.splice(i, 1);
        }
        rejectAll(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      Promise.all(results)
        .then(resolveAll, rejectAll)
        .finally(() => signal?.removeEventListener("abort", abort));
      if (!busy) void work();
    });
}
