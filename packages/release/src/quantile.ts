// Acklam's rational approximations, for the middle and for the tails.
const MIDDLE_OVER = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
  2.506628277459239,
] as const;
const MIDDLE_UNDER = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
] as const;
const TAIL_OVER = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
] as const;
const TAIL_UNDER = [
  0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1,
] as const;
const TAIL = 0.02425;

/**
 * The value that a standard normal variable is below with probability `p`, above 0 and below 1, to a billionth of it:
 * Peter Acklam, "An algorithm for computing the inverse normal cumulative distribution function" (2003).
 */
export function normalQuantile(p: number): number {
  if (p > 1 - TAIL) return -normalQuantile(1 - p);
  if (p < TAIL) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(TAIL_OVER, q) / polynomial(TAIL_UNDER, q);
  }
  const q = p - 0.5;
  return (q * polynomial(MIDDLE_OVER, q * q)) / polynomial(MIDDLE_UNDER, q * q);
}

/**
 * The same of Student's t with so many degrees of freedom, by Wallace's transformation of the normal one. Within half
 * a percent from 4 degrees on, better with more.
 */
export function studentQuantile(p: number, degrees: number): number {
  const z = (normalQuantile(p) * (8 * degrees + 3)) / (8 * degrees + 1);
  return Math.sign(z) * Math.sqrt(degrees * Math.expm1((z * z) / degrees));
}

/** The coefficient of the highest power comes first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
