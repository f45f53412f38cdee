import { argumentInvalid, type Json } from "@keelson/core";
import { checkRate } from "./check-argument.ts";
import type { Comparison, Guard, GuardReport, SideTaken } from "./guard.ts";

/** The states of several guards, by their ids. */
export type GuardSetState = Readonly<Record<string, Json>>;

/** Several guards as one reducer over one shared error rate. */
export interface GuardSet {
  /** Names the guards with their settings and parts of alpha: evidence of another id is of other guards. */
  readonly id: string;
  init(): GuardSetState;
  push(state: GuardSetState, comparison: Comparison): GuardSetState;
  assigned(state: GuardSetState, side: SideTaken): GuardSetState;
  /** All guards, in the order given. */
  reports(state: GuardSetState): GuardReport[];
  /** The first breach that rolls back; where there is none, the first that holds. */
  breach(state: GuardSetState): GuardReport | undefined;
}

/**
 * Puts guards together. `alpha` is split over them: each takes its own part where it names one, and the rest share
 * evenly what is left.
 *
 * @throws KeelsonError ARGUMENT_INVALID when two have one id, or the parts are more than the whole.
 */
// biome-ignore lint/suspicious/noExplicitAny: a guard's state is its own affair
export function createGuardSet(guards: readonly Guard<any>[], alpha: number): GuardSet {
  const ids = guards.map(({ id }) => id);
  if (new Set(ids).size < ids.length) throw argumentInvalid("guards", "has two of one id");
  const alphas = splitAlpha(guards, alpha);

  const reports: GuardSet["reports"] = (state) =>
    guards.map((guard, i) => {
      const part = alphas[i] as number;
      const evidence = guard.evidence(state[guard.id] as Json);
      const breached = evidence.eValue >= 1 / part;
      return { ...evidence, id: guard.id, breached, onBreach: guard.onBreach, alpha: part };
    });

  return {
    id: guards.map(({ id }, i) => `${id}@${alphas[i]}`).join("+"),
    init: () => Object.fromEntries(guards.map((guard) => [guard.id, guard.init()])),
    push: (state, comparison) =>
      Object.fromEntries(guards.map((guard) => [guard.id, guard.push(state[guard.id] as Json, comparison)])),
    assigned: (state, side) =>
      Object.fromEntries(
        guards.map((guard) => {
          const before = state[guard.id] as Json;
          return [guard.id, guard.assigned?.(before, side) ?? before];
        }),
      ),
    reports,
    breach(state) {
      const breaches = reports(state).filter(({ breached }) => breached);
      return breaches.find(({ onBreach }) => onBreach === "rollback") ?? breaches[0];
    },
  };
}

function splitAlpha(guards: readonly Guard[], alpha: number): number[] {
  checkRate("guardAlpha", alpha);
  let taken = 0;
  let sharing = 0;
  for (const { id, alpha: own } of guards) {
    if (own === undefined) sharing++;
    else if (own > 0) taken += own;
    else throw argumentInvalid("guards", `has ${id} with an alpha of ${own}, expected above 0`);
  }
  const left = alpha - taken;
  if (left < -1e-12 || (sharing > 0 && left <= 0)) {
    throw argumentInvalid(
      "guards",
      `take ${taken} of an alpha of ${alpha}, and leave ${sharing} with nothing`,
    );
  }
  return guards.map((guard) => guard.alpha ?? left / sharing);
}
