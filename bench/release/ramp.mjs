// R3: how many live requests a bad candidate serves until it is rolled back, on a ramp of 1 %, 10 % and 50 % that goes on
// by the clock, so that every policy sees the same traffic. Who misses the harm serves it another 5,000 times.
import { keelson } from "./keelson.mjs";
import { POLICIES } from "./policies.mjs";

const { createRandom, NO_BLOCKS, pushToBlock, sequential } = keelson;
const STAGES = [
  { share: 0.01, served: 50 },
  { share: 0.1, served: 500 },
  { share: 0.5, served: 2_500 },
];
const ALL = STAGES.reduce((sum, { served }) => sum + served, 0);
const MISSED = ALL + 5_000;

/** One ramp. By policy the candidate's count at each new high of its figure; for Keelson the count at its rollback. */
function ramp(seed, baselineMean, delta) {
  const random = createRandom(seed);
  const gate = sequential();
  let state = gate.init();
  let rolledBack = null;
  const policies = POLICIES.map(({ create }) => ({ rule: create(), highs: [] }));
  let served = 0;
  const note = ({ highs }, figure) => {
    if (figure === undefined) return;
    if (highs.length === 0 || figure > highs.at(-1).figure) highs.push({ served, figure });
  };
  for (const stage of STAGES) {
    let blocks = NO_BLOCKS;
    const end = served + stage.served;
    while (served < end) {
      const variant = random() < stage.share ? "candidate" : "baseline";
      const score = random() < baselineMean + (variant === "candidate" ? delta : 0) ? 1 : 0;
      if (variant === "candidate") served += 1;
      for (const policy of policies) note(policy, policy.rule[variant](score));
      if (rolledBack !== null) continue;
      const step = pushToBlock(blocks, variant, { score }, stage.share);
      blocks = step.state;
      if (step.comparison === undefined) continue;
      state = gate.push(state, {
        caseId: "",
        candidate: mean(step.comparison.candidate),
        baseline: mean(step.comparison.baseline),
      });
      if (state.decided === "rollback") rolledBack = served;
    }
    for (const policy of policies) note(policy, policy.rule.endOfStage?.());
  }
  return { rolledBack, highs: policies.map(({ highs }) => highs) };
}

const mean = (samples) => samples.reduce((sum, { score }) => sum + score, 0) / samples.length;

const servedUntil = (highs, threshold) => highs.find(({ figure }) => figure > threshold)?.served ?? null;

/** Ramps at one delta, for `measure` below; a part of them a process. */
export function ramps(from, to, delta) {
  return Array.from({ length: to - from }, (_, i) => ramp(1 + from + i, 0.9, delta));
}

/** Thresholds by which each policy rolls 5 % of equal candidates back on this very ramp: an oracle that nobody has. */
export function calibrate(equal) {
  return POLICIES.map((_, at) => {
    const tops = equal
      .map(({ highs }) => highs[at].at(-1)?.figure ?? Number.NEGATIVE_INFINITY)
      .sort((a, b) => a - b);
    return tops[Math.floor(0.95 * tops.length)];
  });
}

/** What share was rolled back, and how many requests the candidate served on average. */
export function summary(some, servedOf) {
  const counts = some.map(servedOf);
  const found = counts.filter((count) => count !== null).length;
  const served = counts.reduce((sum, count) => sum + (count ?? MISSED), 0);
  return { rolledBack: found / some.length, served: served / some.length };
}

export const byKeelson = ({ rolledBack }) => rolledBack;
export const byPolicy =
  (at, threshold) =>
  ({ highs }) =>
    servedUntil(highs[at], threshold);
