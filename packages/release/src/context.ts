import type { Clock, EvalRunner, StateStore } from "@keelson/core";
import type { IndexMoves } from "./index-moves.ts";
import type { Journal } from "./journal.ts";
import type { Keys } from "./keys.ts";
import type { Releases } from "./releases.ts";
import type { Routing } from "./routing.ts";

/** What the operations of one manager share. */
export interface Context {
  readonly name: string;
  readonly state: StateStore;
  readonly evals: EvalRunner | undefined;
  readonly clock: Clock;
  readonly keys: Keys;
  readonly journal: Journal;
  readonly releases: Releases;
  readonly routing: Routing;
  readonly indexMoves: IndexMoves;
  /** How many releases that were live before stay within reach. */
  readonly rollbackWindow: number;
}
