import { KeelsonError } from "@keelson/core";
import type { HeadRead } from "./head.ts";
import { murmur3 } from "./murmur3.ts";
import type { Release } from "./release.ts";
import type { Releases } from "./releases.ts";
import type { Assignment, Router } from "./router.ts";

/** Who gets what, as far as one process knows: what its routers and ramps assign by. */
export interface Routing {
  readonly assign: Router["assign"];
  readonly pin: Router["pin"];
  /** Begins to follow the record. Until then nothing is loaded: an operator's process routes nothing. */
  start(): void;
  /** Takes over a state of the record, unless a newer one is known. */
  follow(read: HeadRead): Promise<void>;
}

interface Plan {
  /** The head's revision; 0 where there is no head. */
  readonly revision: number;
  readonly baseline?: Assignment | undefined;
  readonly candidate?: Assignment | undefined;
  readonly seed: number;
  readonly threshold: number;
}

export function createRouting(manager: string, releases: Releases): Routing {
  let started = false;
  let plan: Plan = { revision: -1, seed: 0, threshold: 0 };

  return {
    start() {
      started = true;
    },
    async follow({ head, revision }) {
      const newer = revision === "absent" ? 0 : revision;
      if (!started || newer <= plan.revision) return;
      const names = [head.live, head.ramp?.candidate ?? null].filter((name) => name !== null);
      // Whatever must be loaded first, a candidate that lost its ramp is out of the traffic now.
      if (!releases.known(names) && plan.candidate?.release !== head.ramp?.candidate) {
        plan = { ...plan, candidate: undefined };
      }
      const [live, candidate] = releases.known(names) ?? (await releases.find(names));
      if (newer <= plan.revision) return;
      plan = {
        revision: newer,
        baseline: live && assignment(live, "baseline"),
        candidate: candidate && assignment(candidate, "candidate"),
        seed: head.ramp?.seed ?? 0,
        threshold: thresholdOf(head.ramp?.settings.stages[head.ramp.stage] ?? 0),
      };
    },
    assign(key) {
      const { baseline, candidate } = plan;
      if (baseline === undefined) {
        throw new KeelsonError("RELEASE_NOT_LIVE", "no release is live", { details: { manager } });
      }
      if (candidate === undefined || key === undefined) return baseline;
      return murmur3(key, plan.seed) < plan.threshold ? candidate : baseline;
    },
    async pin(name, { signal } = {}) {
      signal?.throwIfAborted();
      const { baseline, candidate } = plan;
      if (baseline?.release === name) return baseline;
      if (candidate?.release === name) return candidate;
      const [release] = await releases.find([name], { signal });
      return assignment(release as Release, "baseline");
    },
  };
}

/** The first hash that is not in a share, of 2^32. A share above 0 never rounds to nobody. */
export function thresholdOf(share: number): number {
  return Math.ceil(share * 2 ** 32);
}

/** What keys are hashed with for a bundle: the same after every restart, another for every other bundle. */
export function seedOf(bundleId: string): number {
  return Number.parseInt(bundleId.slice(0, 8), 16);
}

function assignment({ name, bundleId, bundle }: Release, variant: Assignment["variant"]): Assignment {
  return Object.freeze({ release: name, bundleId, bundle, variant });
}
