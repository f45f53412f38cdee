/**
 * A stream that is waited for no longer than until the signal is aborted: the stream itself knows no signal. It is told
 * to end then, and does so when it can.
 */
export function abortableSource<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncIterable<T> {
  if (signal === undefined) return source;
  return { [Symbol.asyncIterator]: () => iterate(source[Symbol.asyncIterator](), signal) };
}

function iterate<T>(iterator: AsyncIterator<T>, signal: AbortSignal): AsyncIterator<T> {
  // One listener for all of it: one for each element would cost more than all else.
  let reject: (reason: unknown) => void = () => {};
  const letGo = (): void => signal.removeEventListener("abort", onAbort);
  const end = async (): Promise<void> => {
    letGo();
    await iterator.return?.();
  };
  const onAbort = (): void => {
    reject(signal.reason);
    // Nobody waits any more, and the caller hears of the abort.
    void end().catch(() => undefined);
  };
  const advance = async (): Promise<IteratorResult<T>> => {
    try {
      const result = await iterator.next();
      if (result.done) letGo();
      return result;
    } catch (error) {
      // Nobody asks a stream to end that has failed.
      letGo();
      throw error;
    }
  };
  signal.addEventListener("abort", onAbort, { once: true });
  return {
    next: () =>
      new Promise((resolve, fail) => {
        signal.throwIfAborted();
        reject = fail;
        advance().then(resolve, fail);
      }),
    return: async () => {
      await end();
      return { done: true, value: undefined };
    },
  };
}
