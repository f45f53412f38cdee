/** The next number of a sequence, 0 up to 1 exclusive. */
export type Random = () => number;

/**
 * A sequence that a seed, an unsigned 32-bit number, determines: sfc32 (Chris Doty-Humphrey, PractRand). The same on
 * every machine; not for secrets.
 */
export function createRandom(seed: number): Random {
  let a = 0x9e3779b9 ^ seed;
  let b = 0x243f6a88;
  let c = 0xb7e15162 ^ Math.imul(seed, 0x9e3779b1);
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // Seeds that differ in a bit have gone apart by then.
  for (let i = 0; i < 16; i++) next();
  return next;
}

/** A copy in an order of its own, every one as likely (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j] as T, copy[i] as T];
  }
  return copy;
}
