import type { Detector } from "@keelson/core";
import { creditCard } from "./credit-card.ts";
import { email } from "./email.ts";
import { iban } from "./iban.ts";
import { ipv4, ipv6 } from "./ip.ts";
import { contextPhone, internationalPhone, nanpPhone } from "./phone.ts";
import { usSsn } from "./us-ssn.ts";

/** What a redactor looks for unless told otherwise. */
export const defaultDetectors: readonly Detector[] = [
  email,
  creditCard,
  iban,
  usSsn,
  internationalPhone,
  nanpPhone,
  contextPhone,
  ipv4,
  ipv6,
];
