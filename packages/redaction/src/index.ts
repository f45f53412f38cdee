/**
 * Takes personal data and secrets out of text on its way into an index: one pass in linear time, checksums, context
 * words, and no disguise of single characters that helps.
 *
 * @packageDocumentation
 */

export { createRedactor, type KeelsonRedactor, type RedactorOptions } from "./redactor.ts";

// Detectors
export { defaultDetectors } from "./detectors/default-detectors.ts";
export { email } from "./detectors/email.ts";
export { creditCard } from "./detectors/credit-card.ts";
export { iban } from "./detectors/iban.ts";
export { usSsn } from "./detectors/us-ssn.ts";
export { contextPhone, internationalPhone, nanpPhone, regionalPhone } from "./detectors/phone.ts";
export { ipv4, ipv6 } from "./detectors/ip.ts";
