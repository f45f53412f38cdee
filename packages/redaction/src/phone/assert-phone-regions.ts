import { argumentInvalid } from "@keelson/core";
import { isPhoneRegion } from "./numbering-plan.ts";

/** Refuses what is no list of countries with telephones (ISO 3166, two capitals): `UK`, above all, which is `GB`. */
export function assertPhoneRegions(argument: string, regions: unknown): asserts regions is readonly string[] {
  if (!Array.isArray(regions)) throw argumentInvalid(argument, "is no list");
  const at = regions.findIndex((region) => !/^[A-Z]{2}$/.test(region) || !isPhoneRegion(region));
  if (at !== -1) throw argumentInvalid(`${argument}[${at}]`, "is no country code of ISO 3166, two capitals");
}
