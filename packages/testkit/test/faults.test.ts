import { describe, expect, it } from "vitest";
import { type Fault, stateStoreFaults } from "../src/faults.ts";
import { type ConformanceCase, type Harness, stateStoreCases, strictStateStoreCases } from "../src/index.ts";
import { caughtBy } from "./prove.ts";
import { createGuard } from "./references/guard.ts";
import { createHastyClock } from "./references/hasty-clock.ts";
import { createReferenceState, createStateMedium } from "./references/reference-state.ts";

const stateHarness = (): Harness<import("@keelson/core").StateStore> => {
  let medium = createStateMedium();
  return {
    create: () => {
      medium = createStateMedium();
      return createReferenceState(medium, createGuard("state store"));
    },
    reopen: () => createReferenceState(medium, createGuard("state store")),
    get clock() {
      return createHastyClock();
    },
  };
};

prove("stateStoreCases", [...stateStoreCases, ...strictStateStoreCases], [stateHarness()], stateStoreFaults);

function prove<S, H extends Harness<S>>(
  name: string,
  cases: readonly ConformanceCase<S, H>[],
  harnesses: readonly H[],
  faults: readonly Fault<S, H>[],
): void {
  describe(name, () => {
    it("has no case that a fault does not fail, and no fault that no case catches", {
      timeout: 60_000,
    }, async () => {
      const caught = await caughtBy(cases, harnesses, faults);
      for (const [id, failed] of caught)
        console.log(id, failed.size, failed.size < 8 ? [...failed].join(" ") : "");
      const failed = new Set([...caught.values()].flatMap((ids) => [...ids]));
      expect([...caught].filter(([, ids]) => ids.size === 0).map(([id]) => id)).toEqual([]);
      expect(cases.map(({ id }) => id).filter((id) => !failed.has(id))).toEqual([]);
    });
  });
}
