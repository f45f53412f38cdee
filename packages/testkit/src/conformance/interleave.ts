import type { Awaitable } from "@keelson/core";
import { nextTurn } from "./next-turn.ts";

const ROUNDS = 20;

/** Runs one writer and two readers at once, round after round from 1, so that reads fall before, into and behind writes. */
export async function interleave(
  write: (round: number) => Awaitable<void>,
  read: () => Awaitable<void>,
): Promise<void> {
  const repeat = async (step: (round: number) => Awaitable<void>, pauseAfter: number): Promise<void> => {
    for (let round = 1; round <= ROUNDS; round++) {
      await step(round);
      if (round % pauseAfter === 0) await nextTurn();
    }
  };
  await Promise.all([repeat(write, 1), repeat(read, 1), repeat(read, 3)]);
}
