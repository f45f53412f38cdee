// R1, R2, R4 and R5: what is promised of errors, and what a verdict takes.
import { keelson } from "./keelson.mjs";

const { createRandom, createGuardSet, scenarioPairs, sequential, simulate } = keelson;
const { costGuard, errorGuard, latencyGuard, sampleRatioGuard, scoreGuard } = keelson;

/** The score families: a mean, and how scores lie around it. */
export const FAMILIES = [
  { name: "binary .9", scores: "binary", baseline: 0.9 },
  { name: "binary .98", scores: "binary", baseline: 0.98 },
  { name: "binary .99", scores: "binary", baseline: 0.99 },
  { name: "diffuse .8", scores: "diffuse", baseline: 0.8 },
  { name: "sparse .8", scores: "sparse", baseline: 0.8 },
];

/** Pairs without a change. Sparse ones: both sides lose one answer in twenty all the way to 0, each its own. */
function equalPairs(family, random) {
  const draw = scenarioPairs(family, random);
  if (family.scores !== "sparse") return draw;
  const lossy = (score) => (random() < 0.05 ? 0 : score);
  return () => {
    const { caseId, candidate, baseline } = draw();
    return { caseId, candidate: lossy(candidate), baseline: lossy(baseline) };
  };
}

/** R1: how many of so many runs without a change are rolled back within 20,000 looks, one after every case. */
export function falseRollbacks(family, from, to, looks = 20_000) {
  const gate = sequential();
  let count = 0;
  let peeked = 0;
  for (let run = from; run < to; run += 1) {
    const draw = equalPairs(family, createRandom(1 + run));
    let state = gate.init();
    let [sum, squares, t] = [0, 0, false];
    for (let look = 1; look <= looks; look += 1) {
      const pair = draw();
      if (state.decided !== "rollback") state = gate.push(state, pair);
      const difference = pair.candidate - pair.baseline;
      sum += difference;
      squares += difference * difference;
      if (t || look < 10) continue;
      const variance = (squares - (sum * sum) / look) / (look - 1);
      t = variance > 0 && -sum / look / Math.sqrt(variance / look) > 1.645;
    }
    if (state.decided === "rollback") count += 1;
    if (t) peeked += 1;
  }
  return { count, peeked };
}

/** R2: how many of so many candidates that are worse by exactly the margin are promoted within 5,000 cases. */
export function falsePromotions(family, from, to, cases = 5_000, margin = 0.05) {
  const gate = sequential({ margin });
  let count = 0;
  for (let run = from; run < to; run += 1) {
    const draw = scenarioPairs({ ...family, delta: -margin }, createRandom(1 + run));
    let state = gate.init();
    for (let look = 0; look < cases && state.decided === null; look += 1) state = gate.push(state, draw());
    if (state.decided === "promote") count += 1;
  }
  return count;
}

/** R4: a gate on 200 cases, at a loss. */
export const offline = (gate, delta, runs, scenario = {}) =>
  simulate(gate, { ...scenario, delta, runs, cases: 200, seed: 11 });

const NORMAL = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** R5: four guards that share an alpha of 0.05, on 5,000 pairs of equal answers: how many runs end in an alarm. */
export function guardAlarms(from, to, worse = {}, pairs = 5_000) {
  const guards = createGuardSet(
    [scoreGuard({ alpha: 0.02 }), errorGuard(), latencyGuard({ ratio: 1 }), costGuard({ ratio: 1 })],
    0.05,
  );
  const taken = [];
  for (let run = from; run < to; run += 1) {
    const random = createRandom(1 + run);
    const answer = ({ errors = 0.01, slower = 1, dearer = 1, loss = 0 }) => ({
      score: random() < 0.9 - loss ? 1 : 0,
      error: random() < errors,
      latencyMs: 400 * slower * Math.exp(0.6 * NORMAL(random)),
      costUsd: 0.002 * dearer * Math.exp(0.5 * NORMAL(random)),
    });
    let state = guards.init();
    let alarm = null;
    for (let pair = 1; pair <= pairs && alarm === null; pair += 1) {
      state = guards.push(state, { candidate: [answer(worse)], baseline: [answer({})] });
      if (guards.breach(state) !== undefined) alarm = pair;
    }
    taken.push(alarm);
  }
  return taken;
}

/** R5: the requests until a sample-ratio mismatch is found, over stages of 5,000 requests; `null` where none is. */
export function mismatches(from, to, factor) {
  const guards = createGuardSet([sampleRatioGuard()], 0.001);
  const taken = [];
  for (let run = from; run < to; run += 1) {
    const random = createRandom(1 + run);
    let state = guards.init();
    let [requests, alarm, observed, expected, variance, chi] = [0, null, 0, 0, 0, null];
    for (const share of [0.01, 0.1, 0.5]) {
      for (let i = 0; i < 5_000; i += 1) {
        requests += 1;
        const variant = random() < Math.min(0.99, share * factor) ? "candidate" : "baseline";
        if (alarm === null) {
          state = guards.assigned(state, { variant, share });
          if (guards.breach(state) !== undefined) alarm = requests;
        }
        if (variant === "candidate") observed += 1;
        expected += share;
        variance += share * (1 - share);
        // The chi-square test at the same 0.001, looked at after every hundred requests.
        if (chi === null && requests % 100 === 0 && (observed - expected) ** 2 / variance > 10.828)
          chi = requests;
      }
    }
    taken.push({ alarm, chi });
  }
  return taken;
}
