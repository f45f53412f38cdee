// What peers decide by, as policies over the same traffic: the shape of their rules, not their products. Each sees the
// candidate's and the baseline's scores as they come and answers with a figure; it rolls back once the figure is above
// its threshold. `usual` is the threshold as shipped or as commonly set, where there is one.

const moments = () => {
  let [n, sum, squares] = [0, 0, 0];
  return {
    add(x) {
      n += 1;
      sum += x;
      squares += x * x;
    },
    get n() {
      return n;
    },
    get mean() {
      return n === 0 ? 0 : sum / n;
    },
    get variance() {
      return n < 2 ? 0 : Math.max(0, (squares - (sum * sum) / n) / (n - 1));
    },
  };
};

/** Compares means at the end of each stage, as a script would. */
const stageThreshold = () => {
  let [candidate, baseline] = [moments(), moments()];
  return {
    candidate: (score) => candidate.add(score),
    baseline: (score) => baseline.add(score),
    endOfStage() {
      const loss = baseline.mean - candidate.mean;
      [candidate, baseline] = [moments(), moments()];
      return loss;
    },
  };
};

/** Argo Rollouts and Flagger: a query over a window against the baseline's mean, and a limit of three failures. */
const windowed = (size = 25, failures = 3) => {
  const baseline = moments();
  const losses = [];
  let [n, sum] = [0, 0];
  return {
    baseline: (score) => baseline.add(score),
    candidate(score) {
      n += 1;
      sum += score;
      if (n < size) return undefined;
      losses.push(baseline.mean - sum / size);
      losses.sort((a, b) => b - a);
      [n, sum] = [0, 0];
      return losses[failures - 1];
    },
  };
};

/** Kayenta: the Mann-Whitney rank test at the end of each stage, on all scores so far. */
const mannWhitney = () => {
  const scores = { candidate: new Map(), baseline: new Map() };
  const count = (side, score) => {
    scores[side].set(score, (scores[side].get(score) ?? 0) + 1);
  };
  return {
    candidate: (score) => count("candidate", score),
    baseline: (score) => count("baseline", score),
    endOfStage() {
      const total = (side) => [...scores[side].values()].reduce((sum, times) => sum + times, 0);
      const [n, m] = [total("candidate"), total("baseline")];
      const values = [...new Set([...scores.candidate.keys(), ...scores.baseline.keys()])].sort(
        (a, b) => a - b,
      );
      let [before, rankSum, ties] = [0, 0, 0];
      for (const value of values) {
        const ofCandidate = scores.candidate.get(value) ?? 0;
        const tied = ofCandidate + (scores.baseline.get(value) ?? 0);
        rankSum += ofCandidate * (before + (tied + 1) / 2);
        ties += tied ** 3 - tied;
        before += tied;
      }
      const all = n + m;
      const variance = ((n * m) / 12) * (all + 1 - ties / (all * (all - 1)));
      return variance > 0 ? ((n * (all + 1)) / 2 - rankSum) / Math.sqrt(variance) : 0;
    },
  };
};

/** What many do by hand: Welch's t, looked at after every tenth answer of the candidate. */
const peekedT = () => {
  const [candidate, baseline] = [moments(), moments()];
  return {
    baseline: (score) => baseline.add(score),
    candidate(score) {
      candidate.add(score);
      if (candidate.n % 10 !== 0) return undefined;
      const variance = candidate.variance / candidate.n + baseline.variance / baseline.n;
      return variance > 0 ? (baseline.mean - candidate.mean) / Math.sqrt(variance) : 0;
    },
  };
};

export const POLICIES = [
  { name: "means at stage ends (a script)", usual: 0.05, create: stageThreshold },
  { name: "windows of 25, three failures (Argo, Flagger)", usual: 0.05, create: windowed },
  { name: "Mann-Whitney at stage ends (Kayenta)", usual: 2.326, create: mannWhitney },
  { name: "t, peeked at", usual: 1.645, create: peekedT },
];
