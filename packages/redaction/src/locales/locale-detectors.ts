import type { Detector } from "@keelson/core";
import { regionalPhone } from "../detectors/phone.ts";
import { assertPhoneRegions } from "../phone/assert-phone-regions.ts";
import { au } from "./au.ts";
import { br } from "./br.ts";
import { ca } from "./ca.ts";
import { de } from "./de.ts";
import { es } from "./es.ts";
import { fi } from "./fi.ts";
import { fr } from "./fr.ts";
import { india } from "./in.ts";
import { it } from "./it.ts";
import { nl } from "./nl.ts";
import { pl } from "./pl.ts";
import { se } from "./se.ts";
import { uk } from "./uk.ts";
import { us } from "./us.ts";

const PACKS: Readonly<Record<string, readonly Detector[]>> = {
  AU: au,
  BR: br,
  CA: ca,
  DE: de,
  ES: es,
  FI: fi,
  FR: fr,
  GB: uk,
  IN: india,
  IT: it,
  NL: nl,
  PL: pl,
  SE: se,
  US: us,
};

/**
 * The detectors of some countries (ISO 3166, two capitals): telephone numbers as they are written there, and national
 * numbers of AU (TFN, Medicare, ABN, ACN), BR (CPF, CNPJ), CA (SIN), DE (tax, pension insurance and VAT numbers,
 * identity cards), ES (NIF, NIE, CIF), FI (HETU, business id), FR (NIR, SIREN, SIRET, VAT), GB (NHS, NINO), IN
 * (Aadhaar, PAN, GSTIN), IT (fiscal code, VAT), NL (BSN, VAT), PL (PESEL, NIP, REGON), SE (personal and organisation
 * numbers) and US (ITIN, EIN, ABA, NPI, MBI).
 *
 * @throws KeelsonError ARGUMENT_INVALID when a code is none of a country with telephones.
 */
export function localeDetectors(locales: readonly string[]): Detector[] {
  assertPhoneRegions("locales", locales);
  const packs = [...new Set(locales)].flatMap((locale) => PACKS[locale] ?? []);
  return locales.length === 0 ? [] : [...packs, regionalPhone(locales)];
}
