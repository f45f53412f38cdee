import type { Engine } from "./engine.ts";
import type { Op } from "./op.ts";

/** Where ops are kept for good. */
export interface Journal {
  /** Takes an op, in the order of the calls, and encodes it before it returns. What it throws at once, it has not taken. */
  append(op: Op): Appended;
}

/** An op that a journal has taken. */
export interface Appended {
  /** How many bytes it takes in the journal. */
  readonly bytes: number;
  /** Resolves once the op is as durable as the store makes it. */
  readonly written: Promise<void>;
}

/** The writes of one part of the store, such as one collection. */
export interface Lane {
  /** Appends an op, applies it, and resolves once it is durable. */
  write(op: Op): Promise<void>;
  /**
   * Resolves once everything written in this lane so far is durable: what a read waits for before it answers, so that
   * nothing is shown that a crash could take back.
   */
  settled(): Promise<void>;
}

/** @param before What has to be durable before the lane's own writes are. */
export function createLane(engine: Engine, journal: Journal, before?: Promise<void>): Lane {
  let last = before ?? Promise.resolve();
  return {
    write: (op) => {
      const { bytes, written } = journal.append(op);
      engine.apply(op, bytes);
      last = written;
      // Whoever asks is told of a failure; that nobody does is no reason to end the process.
      written.catch(() => {});
      return written;
    },
    settled: () => last,
  };
}
