import { type Detector, KeelsonError } from "@keelson/core";
import { createTriggerFilter } from "./trigger-filter.ts";
import { createTriggerSearch, type TriggerKind, type TriggerSearch, triggerKind } from "./trigger-search.ts";

/** A detector with its place in the declared order. */
interface CompiledDetector {
  readonly detector: Detector;
  readonly name: string;
  readonly order: number;
}

/** A detector bound to a trigger. */
export interface BoundDetector extends CompiledDetector {
  /** Numbers the bonds of all detectors to all triggers. */
  readonly slot: number;
  readonly minimum: number;
}

/** One search with the detectors it concerns. */
export interface CompiledTrigger {
  readonly search: TriggerSearch;
  readonly bound: readonly BoundDetector[];
  /** The widest window behind the start of the trigger. */
  readonly right: number;
}

/** A set of detectors, ready to run. */
export interface CompiledDetectors {
  readonly detectors: readonly CompiledDetector[];
  readonly triggers: readonly CompiledTrigger[];
  /** Which triggers can stand in a short text: a bit each. The words are good until the next call. */
  readonly possibleIn: (text: string) => Int32Array;
  /** How many bonds there are. */
  readonly slots: number;
  /** The widest window before a trigger, at least 1. */
  readonly left: number;
}

const MAX_LEFT = 1_024;
const MAX_RIGHT = 65_536;

function assertDetector({ type, triggers, left, right, budget = 1, verify }: Detector): void {
  const check = (ok: boolean, reason: string): void => {
    if (ok) return;
    throw new KeelsonError("ARGUMENT_INVALID", `the detector of type ${String(type)} is invalid: ${reason}`, {
      details: { argument: "detectors", reason },
    });
  };
  check(/^[A-Z][A-Z0-9_]{0,31}$/.test(type), "type is 1 to 32 capitals, digits and _, the first a capital");
  check(Array.isArray(triggers) && triggers.length > 0, "triggers has at least one");
  check(Number.isInteger(left) && left >= 0 && left <= MAX_LEFT, `left is 0 to ${MAX_LEFT}`);
  check(Number.isInteger(right) && right >= 1 && right <= MAX_RIGHT, `right is 1 to ${MAX_RIGHT}`);
  check(budget > 0, "budget is more than 0");
  check(typeof verify === "function", "verify is a function");
}

/**
 * Groups the triggers of all detectors, so that each kind of trigger is looked for once.
 *
 * @throws KeelsonError ARGUMENT_INVALID when a detector or one of its triggers is malformed.
 */
export function compileDetectors(detectors: readonly Detector[]): CompiledDetectors {
  const compiled = detectors.map((detector, order) => {
    assertDetector(detector);
    return { detector, order, name: detector.name ?? detector.type.toLowerCase() };
  });
  let slots = 0;
  const groups = new Map<string, { kinds: TriggerKind[]; bound: BoundDetector[] }>();
  for (const one of compiled) {
    for (const kind of one.detector.triggers.map(triggerKind)) {
      const group = groups.get(kind.key) ?? { kinds: [], bound: [] };
      group.kinds.push(kind);
      group.bound.push({ ...one, minimum: kind.minimum, slot: slots });
      slots += 1;
      groups.set(kind.key, group);
    }
  }
  const triggers = [...groups.values()].map(({ kinds, bound }) => ({
    search: createTriggerSearch(kinds),
    bound,
    right: Math.max(...bound.map(({ detector }) => detector.right)),
  }));
  return {
    detectors: compiled,
    triggers,
    possibleIn: createTriggerFilter(triggers.map(({ search }) => search.needs)),
    slots,
    left: Math.max(1, ...compiled.map(({ detector }) => detector.left)),
  };
}
