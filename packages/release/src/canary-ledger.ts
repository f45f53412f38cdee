import { type AbortOptions, isKeelsonError, type StateStore, scanState } from "@keelson/core";
import { fromJson, toJson } from "./head.ts";
import { padSequence } from "./keys.ts";
import { type PairedRun, scoreOf } from "./paired-runs.ts";

/**
 * The cases that a candidate and a baseline were compared on, in the order they were counted, one entry a case: what
 * a canary goes on from. Two that run at once add to the same list.
 */
export interface CanaryLedger {
  /** The entries behind those read or appended so far. */
  read(options?: AbortOptions): Promise<PairedRun[]>;
  /**
   * Puts a run behind the others, and answers with the entries that came to stand since, in their order: those of
   * somebody else first. Where one of them has scored the same case, the run is not put: it would count twice.
   */
  append(run: PairedRun, options?: AbortOptions): Promise<PairedRun[]>;
}

/** @param prefix What the keys of its entries start with. */
export function createCanaryLedger(state: StateStore, prefix: string): CanaryLedger {
  let next = 1;

  const read: CanaryLedger["read"] = async ({ signal } = {}) => {
    const runs: PairedRun[] = [];
    const after = prefix + padSequence(next - 1);
    for await (const { value } of scanState(state, { prefix, after, signal })) {
      runs.push(fromJson<PairedRun>(value));
    }
    next += runs.length;
    return runs;
  };

  return {
    read,
    async append(run, { signal } = {}) {
      const others: PairedRun[] = [];
      for (;;) {
        try {
          const key = prefix + padSequence(next);
          await state.commit([{ key, value: toJson(run), expect: "absent" }], { signal });
          next++;
          return [...others, run];
        } catch (error) {
          if (!isKeelsonError(error, "STATE_CONFLICT")) throw error;
          others.push(...(await read({ signal })));
          if (others.some((other) => other.caseId === run.caseId && isScored(other))) return others;
        }
      }
    },
  };
}

/** Is the run a pair: has each side a score? */
function isScored({ candidate, baseline }: PairedRun): boolean {
  return scoreOf(candidate) !== null && scoreOf(baseline) !== null;
}
