const SMALLEST_CROP = 1_000;

/**
 * Does the time of a call tell of which of two classes its input is? Welch's t-test as dudect makes it (Reparaz,
 * Balasch, Verbauwhede: "Dude, is my code constant time?", 2017): inputs made before the clock runs, classes in random
 * order, a pilot run that is not counted and sets the limits, then one test of all times, one for each of a hundred
 * limits above which times are cropped, and one of the second order. Gives the test that sees most, with its difference.
 * Beyond 4.5 the times differ; dudect itself says so from 10 on, since the largest of many is no single t.
 */
export async function dudect(call, classes, samples) {
  const pilot = await measure(call, classes, Math.ceil(samples / 5));
  const sorted = pilot.map(({ ns }) => ns).sort((a, b) => a - b);
  const limits = Array.from({ length: 100 }, (_, i) => {
    const share = 1 - 0.5 ** ((10 * (i + 1)) / 100);
    return sorted[Math.floor(sorted.length * share)];
  });
  const times = await measure(call, classes, samples);
  const tests = [Number.POSITIVE_INFINITY, ...limits].map((limit) => welch(times, limit));
  const means = [0, 1].map((which) => mean(times.filter((time) => time.which === which)));
  const spread = times.map(({ which, ns }) => ({ which, ns: (ns - means[which]) ** 2 }));
  // Its difference is one of squares, which is nothing to show.
  tests.push({ ...welch(spread, Number.POSITIVE_INFINITY), ns: means[0] - means[1] });
  return tests
    .filter(({ t, smallest }) => smallest >= Math.min(SMALLEST_CROP, samples / 20) && Number.isFinite(t))
    .reduce((most, test) => (Math.abs(test.t) > Math.abs(most.t) ? test : most), { t: 0, ns: 0 });
}

async function measure(call, classes, samples) {
  const inputs = Array.from({ length: samples }, () => {
    const which = Math.random() < 0.5 ? 0 : 1;
    // A string of its own, made in the same way for both classes.
    return { which, input: Buffer.from(classes[which]()).toString("latin1") };
  });
  const times = new Float64Array(samples);
  for (let i = 0; i < samples; i++) {
    const { input } = inputs[i];
    const start = process.hrtime.bigint();
    await call(input);
    times[i] = Number(process.hrtime.bigint() - start);
  }
  return inputs.map(({ which }, i) => ({ which, ns: times[i] }));
}

function welch(times, limit) {
  const [a, b] = [0, 1].map((which) => {
    const kept = times.filter((time) => time.which === which && time.ns < limit);
    const centre = mean(kept);
    const variance = kept.reduce((sum, { ns }) => sum + (ns - centre) ** 2, 0) / (kept.length - 1);
    return { count: kept.length, centre, error: variance / kept.length };
  });
  const ns = a.centre - b.centre;
  return { t: ns / Math.sqrt(a.error + b.error), ns, smallest: Math.min(a.count, b.count) };
}

function mean(times) {
  return times.reduce((sum, { ns }) => sum + ns, 0) / times.length;
}
