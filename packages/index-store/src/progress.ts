import type { AbortOptions } from "@keelson/core";
import type { Outcome, StaleReason } from "./diff.ts";

/** What a call is doing. One call can do several in turn: a `sync` may have to `rebuild` first, and `remove` at last. */
export type ProgressTask =
  | "write"
  | "remove"
  | "plan"
  | "rebuild"
  | "verify"
  | "sweep"
  | "touch"
  | "snapshot"
  | "restore"
  | "drill"
  | "forget"
  | "erase"
  | "reconcile";

/** What became of one document. */
export interface DocumentProgress {
  readonly id: string;
  /** What was done, or that it failed. */
  readonly outcome: Outcome | "removed" | "failed";
  /** Why it was done; empty where nothing was. */
  readonly reasons: readonly (StaleReason | "orphaned")[];
}

/**
 * What a long call tells while it works: `start`, then `progress` any number of times, then `end`, which comes last
 * even if the call rejects.
 */
export interface IndexProgress {
  readonly type: "start" | "progress" | "end";
  readonly task: ProgressTask;
  /**
   * How many documents it is through with, or has compared and is about to write. An erasure looks at the packs of
   * snapshots several times, and each time counts the documents in them; and those to be removed in each generation.
   */
  readonly done: number;
  /** How many there are, where that is known. */
  readonly total?: number | undefined;
  /** The documents since the last event that were written, removed or have failed, where the task tells. */
  readonly documents?: readonly DocumentProgress[] | undefined;
}

/** What the calls take that can be long. */
export interface ProgressOptions extends AbortOptions {
  /** Is told how far the call has come. What it throws, the call rejects with. */
  readonly onProgress?: ((event: IndexProgress) => void) | undefined;
}

/** Tells a listener how far a task has come. */
export interface Progress {
  /** Does anybody listen? */
  readonly heard: boolean;
  /** So many more documents are done. */
  advance(count: number, documents?: readonly DocumentProgress[]): void;
}

/** Runs a task between its `start` and its `end`. */
export async function withProgress<T>(
  onProgress: ProgressOptions["onProgress"],
  { task, total }: Pick<IndexProgress, "task" | "total">,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  let done = 0;
  const tell = (type: IndexProgress["type"], documents?: readonly DocumentProgress[]): void =>
    onProgress?.({
      type,
      task,
      done,
      ...(total !== undefined && { total }),
      ...(documents !== undefined && { documents }),
    });
  tell("start");
  try {
    return await work({
      heard: onProgress !== undefined,
      advance: (count, documents) => {
        done += count;
        tell("progress", documents);
      },
    });
  } finally {
    tell("end");
  }
}
