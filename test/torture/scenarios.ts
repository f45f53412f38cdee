import { compactions } from "./compactions.ts";
import { restores } from "./restores.ts";
import { rotations } from "./rotations.ts";
import type { Scenario } from "./scenario.ts";
import { snapshots } from "./snapshots.ts";
import { syncs } from "./syncs.ts";
import { writes } from "./writes.ts";

/** All scenarios by name. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  writes,
  syncs,
  snapshots,
  restores,
  compactions,
  rotations,
};
