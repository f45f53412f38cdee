import { PHONE_REGIONS } from "./phone-regions.ts";

/** How well a number fits a numbering plan: `valid` numbers are given out, `possible` ones have the right length. */
export type PhoneFit = "valid" | "possible" | undefined;

interface Plan {
  readonly code: string;
  readonly trunk: string;
  readonly lengths: ReadonlySet<number>;
  readonly valid: RegExp;
}

const plans = new Map<string, Plan>();
const byCode = new Map<string, Plan[]>();
for (const [region, [code, trunk, lengths, pattern]] of Object.entries(PHONE_REGIONS)) {
  const plan = {
    code,
    trunk,
    lengths: new Set(lengths.split(" ").map(Number)),
    valid: new RegExp(`^(?:${pattern})$`),
  };
  plans.set(region, plan);
  byCode.set(code, [...(byCode.get(code) ?? []), plan]);
}

const fit = ({ lengths, valid }: Plan, national: string): PhoneFit => {
  if (!lengths.has(national.length)) return undefined;
  return valid.test(national) ? "valid" : "possible";
};

const better = (a: PhoneFit, b: PhoneFit): PhoneFit => (a === "valid" || b === undefined ? a : b);

/** Is there a numbering plan for a region? */
export const isPhoneRegion = (region: string): boolean => plans.has(region);

/** How well the digits of an international number, the calling code first, fit the plans of that code. */
export function fitInternational(digits: string): PhoneFit {
  for (const length of [1, 2, 3]) {
    const found = byCode.get(digits.slice(0, length));
    if (found === undefined) continue;
    const national = digits.slice(length);
    let best: PhoneFit;
    for (const plan of found) {
      best = better(best, fit(plan, national));
      // Written as +44 (0)20 …: the trunk prefix is not dialled behind a calling code.
      if (plan.trunk !== "" && national.startsWith(plan.trunk)) {
        best = better(best, fit(plan, national.slice(plan.trunk.length)));
      }
    }
    return best;
  }
  return undefined;
}

/** How well the digits fit a region's plan as dialled within it, and whether they start with its trunk prefix. */
export function fitNational(digits: string, region: string): { fit: PhoneFit; trunk: boolean } {
  const plan = plans.get(region);
  if (plan === undefined) return { fit: undefined, trunk: false };
  if (plan.trunk !== "" && digits.startsWith(plan.trunk)) {
    const dialled = fit(plan, digits.slice(plan.trunk.length));
    if (dialled !== undefined) return { fit: dialled, trunk: true };
  }
  return { fit: fit(plan, digits), trunk: false };
}
