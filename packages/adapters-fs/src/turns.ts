/** Runs works of one key one after the other, those of different keys side by side. */
export interface Turns {
  take<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** Runs a work at once, whatever else is under way. */
  beside<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves once nothing is under way. */
  idle(): Promise<void>;
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  const besides = new Set<Promise<unknown>>();
  return {
    take: (key, work) => {
      const turn = (last.get(key) ?? Promise.resolve()).then(work, work);
      last.set(key, turn);
      const done = (): void => {
        if (last.get(key) === turn) last.delete(key);
      };
      turn.then(done, done);
      return turn;
    },
    beside: (work) => {
      const running = work();
      besides.add(running);
      const done = (): void => void besides.delete(running);
      running.then(done, done);
      return running;
    },
    idle: async () => {
      while (last.size + besides.size > 0) await Promise.allSettled([...last.values(), ...besides]);
    },
  };
}
