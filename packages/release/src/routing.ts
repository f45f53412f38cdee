import { type Clock, KeelsonError } from "@keelson/core";
import type { HeadRead } from "./head.ts";
import { murmur3Signed } from "./murmur3.ts";
import type { Release } from "./release.ts";
import type { Releases } from "./releases.ts";
import type { Assignment, Router } from "./router.ts";

/** Who gets what, as far as one process knows: what its routers and ramps assign by. */
export interface Routing {
  readonly assign: Router["assign"];
  readonly shadow: Router["shadow"];
  readonly pin: Router["pin"];
  /** Begins to follow the record. Until then nothing is loaded: an operator's process routes nothing. */
  start(): void;
  /** Takes over a state of the record, unless a newer one is known. `askedAtMs`: when it was asked for, monotonic. */
  follow(read: HeadRead, askedAtMs: number): Promise<void>;
}

interface Plan {
  /** The head's revision; 0 where there is no head. */
  readonly revision: number;
  /** For whom nothing is decided by a key. */
  readonly live?: Assignment | undefined;
  readonly baseline?: Assignment | undefined;
  readonly candidate?: Assignment | undefined;
  readonly seed: number;
  readonly threshold: number;
  readonly shadowThreshold: number;
}

// Keys are copied by another hash than they are routed by, or those that were copied would be the first exposed.
const SHADOW_SEED = 0x5eed_5ade;
// Turning the sign bit takes signed numbers to the order of unsigned ones, 2^31 lower.
const SIGN = -(2 ** 31);

export function createRouting(manager: string, releases: Releases, clock: Clock, leaseMs: number): Routing {
  let started = false;
  let plan: Plan = { revision: -1, seed: 0, threshold: 0, shadowThreshold: 0 };
  let heardAtMs = Number.NEGATIVE_INFINITY;

  // Asked for candidates only, so that most requests don't pay for the time.
  const holdsLease = (): boolean => clock.monotonic() - heardAtMs <= leaseMs;

  return {
    start() {
      started = true;
    },
    async follow({ head, revision }, askedAtMs) {
      const newer = revision === "absent" ? 0 : revision;
      if (!started) return;
      if (newer <= plan.revision) {
        heardAtMs = Math.max(heardAtMs, askedAtMs);
        return;
      }
      const names = [head.live, head.ramp?.candidate ?? null].filter((name) => name !== null);
      // Whatever must be loaded first, a candidate that lost its ramp is out of the traffic now.
      if (!releases.known(names) && plan.candidate?.release !== head.ramp?.candidate) {
        plan = { ...plan, candidate: undefined };
      }
      const [live, candidate] = releases.known(names) ?? (await releases.find(names));
      heardAtMs = Math.max(heardAtMs, askedAtMs);
      if (newer <= plan.revision) return;
      const stage = head.ramp?.settings.stages[head.ramp.stage];
      const stageId = head.ramp === null ? undefined : stageToken(head.ramp.id, head.ramp.stage);
      plan = {
        revision: newer,
        live: live && assignment(live, "baseline"),
        baseline: live && assignment(live, "baseline", stageId),
        candidate: candidate && assignment(candidate, "candidate", stageId),
        seed: (head.ramp?.seed ?? 0) | 0,
        threshold: thresholdOf(stage?.share ?? 0),
        shadowThreshold: thresholdOf(stage?.shadow ?? 0),
      };
    },
    assign(key) {
      const { live, baseline, candidate } = plan;
      if (live === undefined || baseline === undefined) {
        throw new KeelsonError("RELEASE_NOT_LIVE", "no release is live", { details: { manager } });
      }
      if (candidate === undefined || key === undefined) return live;
      if (!isBelow(murmur3Signed(key, plan.seed), plan.threshold)) return baseline;
      return holdsLease() ? candidate : live;
    },
    shadow(key) {
      const { candidate, shadowThreshold, seed } = plan;
      if (candidate === undefined || key === undefined || shadowThreshold === 0) return undefined;
      return isBelow(murmur3Signed(key, seed ^ SHADOW_SEED), shadowThreshold) && holdsLease()
        ? candidate
        : undefined;
    },
    async pin(name, { signal } = {}) {
      signal?.throwIfAborted();
      if (plan.live?.release === name) return plan.live;
      const [release] = await releases.find([name], { signal });
      return assignment(release as Release, plan.candidate?.release === name ? "candidate" : "baseline");
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

/** Compares a hash that came as a signed number with a {@link thresholdOf}. */
function isBelow(hash: number, threshold: number): boolean {
  return (hash ^ SIGN) < threshold + SIGN;
}

/** How an assignment names a stage. */
export function stageToken(rampId: string, stage: number): string {
  return `${rampId}.${stage}`;
}

function assignment(
  { name, bundleId, bundle }: Release,
  variant: Assignment["variant"],
  stage?: string,
): Assignment {
  return Object.freeze({ release: name, bundleId, bundle, variant, ...(stage !== undefined && { stage }) });
}
