import type { StateStore } from "@keelson/core";
import { patch } from "../tools/patch.ts";
import { writerAbortFaults } from "./abort-faults.ts";
import { createFault, type Fault } from "./fault.ts";
import { stateCommitFaults } from "./state-commit-faults.ts";
import { stateReadFaults } from "./state-read-faults.ts";
import { stateWatchFaults } from "./state-watch-faults.ts";

const reopenFaults: readonly Fault<StateStore>[] = [
  createFault<StateStore>("state-store/loses-a-commit", "has lost the newest commit when it is reopened", {
    async reopened(state) {
      const entries = await state.scan({ limit: 5000 });
      const newest = Math.max(...entries.map(({ revision }) => revision));
      await state.commit(
        entries.filter(({ revision }) => revision === newest).map(({ key }) => ({ key, delete: true })),
      );
      return undefined;
    },
  }),
  createFault<StateStore>(
    "state-store/revisions-start-anew",
    "counts revisions from what it finds when it is reopened",
    {
      async reopened(state) {
        const entries = await state.scan({ limit: 5000 });
        const newest = Math.max(0, ...entries.map(({ revision }) => revision));
        const { revision } = await state.commit([]);
        const shift = revision - newest;
        return patch(state, {
          commit: async (changes, options) => ({
            revision: (await state.commit(changes, options)).revision - shift,
          }),
        });
      },
    },
  ),
];

/** State stores that are wrong. */
export const stateStoreFaults: readonly Fault<StateStore>[] = [
  ...stateReadFaults,
  ...stateCommitFaults,
  ...stateWatchFaults,
  ...reopenFaults,
  ...writerAbortFaults<StateStore>("state-store"),
];
