/**
 * Does the time of a call tell of which class its input is? Welch's t-test as dudect makes it (Reparaz, Balasch,
 * Verbauwhede: "Dude, is my code constant time?", 2017): inputs made before the clock runs, classes in random order, a
 * warm-up that is not counted and whose second half sets the limits, then one test of all times, one for each of a hundred
 * limits above which times are cropped, and one of the second order.
 *
 * All classes are measured at once, so that a pair that cannot differ is the control of the others under the same
 * conditions.
 */
const BLOCK = 10_000;
const LIMITS = 100;
// Of fewer than this the mean says nothing.
const SMALLEST_CROP = 1_000;

/**
 * Times calls of each class, by its name.
 *
 * @param classes What makes an input of each class.
 * @param samples How many calls in all.
 */
export async function measure(call, classes, samples) {
  const makers = Object.values(classes);
  const run = { ns: new Float64Array(samples), of: new Uint8Array(samples) };
  const inputs = new Array(BLOCK);
  for (let from = 0; from < samples; from += BLOCK) {
    const count = Math.min(BLOCK, samples - from);
    for (let i = 0; i < count; i++) {
      const which = Math.floor(Math.random() * makers.length);
      run.of[from + i] = which;
      // A string of its own, made in the same way for all classes.
      inputs[i] = Buffer.from(makers[which]()).toString("latin1");
    }
    // What the inputs left behind is not to be collected while the clock runs.
    globalThis.gc?.({ type: "minor" });
    for (let i = 0; i < count; i++) {
      const input = inputs[i];
      const start = process.hrtime.bigint();
      await call(input);
      run.ns[from + i] = Number(process.hrtime.bigint() - start);
    }
  }
  return run;
}

/** The limits at which times are cropped: close together where most times are, as dudect sets them. */
export function limitsOf({ ns }) {
  const sorted = ns.slice(ns.length / 2).sort();
  const shares = Array.from({ length: LIMITS }, (_, i) => 1 - 0.5 ** ((10 * (i + 1)) / LIMITS));
  return [...shares.map((share) => sorted[Math.floor(sorted.length * share)]), Number.POSITIVE_INFINITY];
}

/** The test that sees most between two classes: its t, and the difference of the means in nanoseconds at its crop. */
export function mostTelling(run, limits, a, b) {
  const first = limits.map((limit) => welch(run, a, b, (ns) => (ns < limit ? ns : undefined)));
  const means = new Map([a, b].map((which) => [which, meanOf(run, which)]));
  const second = welch(run, a, b, (ns, which) => (ns - means.get(which)) ** 2);
  // Its own difference is one of squares, which is nothing to show.
  return [...first, { ...second, ns: means.get(a) - means.get(b) }]
    .filter(({ t, smallest }) => smallest >= SMALLEST_CROP && Number.isFinite(t))
    .reduce((most, test) => (Math.abs(test.t) > Math.abs(most.t) ? test : most), { t: 0, ns: 0 });
}

function welch({ ns, of }, a, b, value) {
  const sides = [a, b].map(() => ({ count: 0, mean: 0, squares: 0 }));
  for (let i = 0; i < ns.length; i++) {
    const side = of[i] === a ? sides[0] : of[i] === b ? sides[1] : undefined;
    const x = side && value(ns[i], of[i]);
    if (x === undefined) continue;
    side.count += 1;
    const delta = x - side.mean;
    side.mean += delta / side.count;
    side.squares += delta * (x - side.mean);
  }
  const [left, right] = sides;
  const error = sides.reduce((sum, { count, squares }) => sum + squares / (count - 1) / count, 0);
  return {
    t: (left.mean - right.mean) / Math.sqrt(error),
    ns: left.mean - right.mean,
    smallest: Math.min(left.count, right.count),
  };
}

function meanOf({ ns, of }, which) {
  let [sum, count] = [0, 0];
  for (let i = 0; i < ns.length; i++) {
    if (of[i] !== which) continue;
    sum += ns[i];
    count += 1;
  }
  return sum / count;
}
