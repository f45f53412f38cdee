import type { StateStore } from "@keelson/core";
import { patch } from "../tools/patch.ts";
import { createFault, type Fault } from "./fault.ts";

/** A fault of some of a state store's methods. */
export function stateFault(
  id: string,
  title: string,
  replace: (state: StateStore) => Partial<StateStore>,
): Fault<StateStore> {
  return createFault<StateStore>(`state-store/${id}`, title, {
    wrap: (state) => patch(state, replace(state)),
  });
}
