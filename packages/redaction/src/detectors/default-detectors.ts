import type { Detector } from "@keelson/core";
import { creditCard } from "./credit-card.ts";
import { cryptoAddress } from "./crypto.ts";
import { dateOfBirth } from "./date-of-birth.ts";
import { email } from "./email.ts";
import { iban } from "./iban.ts";
import { ipv4, ipv6 } from "./ip.ts";
import { mac } from "./mac.ts";
import { contextPhone, internationalPhone, nanpPhone } from "./phone.ts";
import {
  announcedPassword,
  announcedToken,
  assignedSecret,
  authorizationHeader,
  entraSecret,
} from "./secret/assigned-secret.ts";
import { pemBlock } from "./secret/pem-block.ts";
import { commandLinePassword, urlCredentials, webHook } from "./secret/url-secrets.ts";
import { vendorToken } from "./secret/vendor-tokens.ts";
import { spelledEmail } from "./spelled-email.ts";
import { usSsn } from "./us-ssn.ts";

/** Finds secrets: keys and tokens by their form, blocks of private keys, and what a name or a link gives away. */
export const secretDetectors: readonly Detector[] = [
  pemBlock,
  vendorToken,
  entraSecret,
  webHook,
  urlCredentials,
  authorizationHeader,
  assignedSecret,
  announcedToken,
  announcedPassword,
  commandLinePassword,
];

/** What a redactor looks for unless told otherwise. */
export const defaultDetectors: readonly Detector[] = [
  email,
  spelledEmail,
  creditCard,
  iban,
  usSsn,
  internationalPhone,
  nanpPhone,
  contextPhone,
  ipv4,
  ipv6,
  mac,
  ...secretDetectors,
  cryptoAddress,
  dateOfBirth,
];
