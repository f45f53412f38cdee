import { type Detector, KeelsonError } from "@keelson/core";
import { createTriggerFilter } from "./trigger-filter.ts";
import { createTriggerSearch, type TriggerKind, type TriggerSearch, triggerKind } from "./trigger-search.ts";

/** A detector bound to a trigger. All have one shape, whatever that of their detectors. */
export interface BoundDetector {
  readonly detector: Detector;
  readonly type: string;
  readonly name: string;
  /** Its place in the declared order. */
  readonly order: number;
  readonly left: number;
  readonly right: number;
  readonly budget: number;
  /** Numbers the bonds of all detectors to all triggers. */
  readonly slot: number;
  /** The least size of a found trigger that concerns it. */
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
  readonly triggers: readonly CompiledTrigger[];
  /** Which triggers can stand in a short text: a bit each. The words are good until the next call. */
  readonly possibleIn: (text: string) => Int32Array;
  /** The widest window before a trigger, at least 1. */
  readonly left: number;
}

const MAX_LEFT = 1_024;
const MAX_RIGHT = 65_536;

/** What the name of a kind of thing is made of. */
export const TYPE_FORM = "1 to 32 capitals, digits and _, the first a capital";
/** Is it one? */
export const isType = (type: string): boolean => /^[A-Z][A-Z0-9_]{0,31}$/.test(type);

function assertDetector({ type, triggers, left, right, budget = 1, verify }: Detector): void {
  const check = (ok: boolean, reason: string): void => {
    if (ok) return;
    throw new KeelsonError("ARGUMENT_INVALID", `the detector of type ${String(type)} is invalid: ${reason}`, {
      details: { argument: "detectors", reason },
    });
  };
  check(isType(type), `type is ${TYPE_FORM}`);
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
  let slot = 0;
  const groups = new Map<string, { kinds: TriggerKind[]; bound: BoundDetector[] }>();
  for (const [order, detector] of detectors.entries()) {
    assertDetector(detector);
    const { type, name = type.toLowerCase(), left, right, budget = Number.POSITIVE_INFINITY } = detector;
    for (const kind of detector.triggers.map(triggerKind)) {
      const group = groups.get(kind.key) ?? { kinds: [], bound: [] };
      const { minimum } = kind;
      group.kinds.push(kind);
      group.bound.push({ detector, type, name, order, left, right, budget, slot, minimum });
      slot += 1;
      groups.set(kind.key, group);
    }
  }
  const triggers = [...groups.values()].map(({ kinds, bound }) => ({
    search: createTriggerSearch(kinds),
    bound,
    right: Math.max(...bound.map(({ right }) => right)),
  }));
  return {
    triggers,
    possibleIn: createTriggerFilter(triggers.map(({ search }) => search.needs)),
    left: Math.max(1, ...detectors.map(({ left }) => left)),
  };
}
