import type { StateStore } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { rejection } from "../conformance/outcome.ts";
import { strictAbortStateCases } from "./abort.ts";

/** What a state store must satisfy besides when users call it themselves, with nobody in front to check. */
export const strictStateStoreCases: readonly ConformanceCase<StateStore>[] = [
  ...strictAbortStateCases,
  {
    id: "state-store/scan/refuses/limit",
    title: "refuses a limit that is no whole number of at least 1 with ARGUMENT_INVALID",
    async run(state) {
      for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
        await rejection("ARGUMENT_INVALID", () => state.scan({ limit }));
    },
  },
];
