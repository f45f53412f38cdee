import { linkedController } from "./linked-controller.ts";

/** Lets calls have their turns, one after the other, in the order they came. */
export interface Turns {
  /** Waits for those ahead, then works. An abort gives up the place in the queue. */
  take<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T>;
}

export function createTurns(): Turns {
  let last: Promise<void> = Promise.resolve();
  return {
    take: async (signal, work) => {
      const ahead = last;
      let done = (): void => {};
      const mine = new Promise<void>((resolve) => {
        done = resolve;
      });
      last = ahead.then(() => mine);
      try {
        await orAbort(ahead, signal);
        return await work();
      } finally {
        done();
      }
    },
  };
}

async function orAbort(waited: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const { controller, unlink } = linkedController(signal);
  try {
    await new Promise<void>((resolve, reject) => {
      void waited.then(resolve);
      controller.signal.addEventListener("abort", () => reject(signal?.reason), { once: true });
    });
  } finally {
    unlink();
  }
}
