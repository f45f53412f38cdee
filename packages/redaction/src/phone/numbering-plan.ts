import { PHONE_REGIONS, type PhoneRegion } from "./phone-regions.ts";

/** How well a number fits a numbering plan: `valid` numbers are given out, `possible` ones have the right length. */
export type PhoneFit = "valid" | "possible" | undefined;

interface Plan {
  readonly trunk: string;
  readonly lengths: ReadonlySet<number>;
  readonly valid: RegExp;
}

const createPlan = (regions: readonly PhoneRegion[]): Plan => ({
  trunk: regions[0]?.[1] ?? "",
  lengths: new Set(regions.flatMap(([, , lengths]) => lengths.split(" ").map(Number))),
  valid: new RegExp(`^(?:${[...new Set(regions.map(([, , , pattern]) => pattern))].join("|")})$`),
});

const plans = new Map(Object.entries(PHONE_REGIONS).map(([name, region]) => [name, createPlan([region])]));

// Regions that share a calling code and a trunk prefix are one to a caller from abroad.
const sharing = new Map<string, PhoneRegion[]>();
for (const region of Object.values(PHONE_REGIONS)) {
  const [code, trunk] = region;
  const key = `${code} ${trunk}`;
  sharing.set(key, [...(sharing.get(key) ?? []), region]);
}
const byCode = new Map<string, Plan[]>();
for (const regions of sharing.values()) {
  const code = regions[0]?.[0] ?? "";
  byCode.set(code, [...(byCode.get(code) ?? []), createPlan(regions)]);
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
  for (let length = 1; length <= 3; length += 1) {
    const found = byCode.get(digits.slice(0, length));
    if (found === undefined) continue;
    const national = digits.slice(length);
    let best: PhoneFit;
    for (const plan of found) {
      best = better(best, fit(plan, national));
      // Written as +44 (0)20 …: the trunk prefix is not dialled behind a calling code.
      if (best !== "valid" && plan.trunk !== "" && national.startsWith(plan.trunk)) {
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
