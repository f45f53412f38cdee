import { createManualClock } from "@keelson/adapters-memory";
import type { StateStore } from "@keelson/core";
import { createReleaseManager, murmur3, type Observation } from "../src/index.ts";
import { bundleOf } from "./support.ts";

const BATCH = 20;
const REQUESTS = 6000;

/**
 * Does all that leads to the end of a ramp, or what of it is still to do: calling it again on the same store is no
 * different from not having been interrupted. The candidate's answers are worse by `loss` on average.
 */
export async function driveRamp(
  state: StateStore,
  loss: number,
  tell: (line: string) => void,
): Promise<void> {
  const manager = createReleaseManager({ state, clock: createManualClock() });
  for (const name of ["v1", "v2"]) await manager.register(name, bundleOf(name));
  if ((await manager.live()) === undefined) await manager.promote("v1");
  const started = (await manager.history({ types: ["rampStarted"] })).length > 0;
  const stages = [{ share: 0.1, margin: 0.3 }, { share: 0.5, margin: 0.15 }, 1];
  const ramp = started ? await manager.resumeRamp() : await manager.ramp("v2", { stages, minRequests: 30 });
  for (let sent = 0; ramp !== undefined && sent < REQUESTS; sent += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, i): Observation => {
      const id = `request-${sent + i}`;
      const key = `user-${murmur3(id, 1) % 2000}`;
      const { release, stage, variant } = ramp.assign(key);
      const drawn = murmur3(id, 2) / 2 ** 32;
      const score = Math.max(0, 0.6 + 0.4 * drawn - (variant === "candidate" ? 2 * loss * (1 - drawn) : 0));
      return { id, key, release, stage, score, latencyMs: 100 + 50 * drawn, error: drawn < 0.02 };
    });
    const { counted } = await ramp.observe(batch);
    tell(String(counted));
    if ((await ramp.status()).state !== "running") return;
  }
}
