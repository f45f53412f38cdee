/**
 * Takes personal data and secrets out of text on its way into an index: one pass in linear time, checksums, context
 * words, and no disguise of single characters that helps.
 *
 * @packageDocumentation
 */

export {
  createRedactor,
  type DetailedRedaction,
  type KeelsonRedactor,
  type RedactionStreamOptions,
  type RedactorOptions,
} from "./redactor.ts";
export type { RedactionFinding } from "./engine/writer.ts";
export type { ValueFinding, ValueRedaction } from "./redact-value.ts";
export { type RedactionReport, redactionReport } from "./rules/redaction-report.ts";

// What becomes of a value
export type { Operator, OperatorInput } from "./operators/operator.ts";
export type { RedactionKey } from "./operators/keys.ts";
export { placeholder } from "./operators/placeholder.ts";
export { numbered } from "./operators/numbered.ts";
export { pseudonym } from "./operators/pseudonym.ts";
export { type MaskOptions, mask } from "./operators/mask.ts";
export { drop } from "./operators/drop.ts";
export { encrypt, restore } from "./operators/encrypt.ts";

// Lists
export type { ListRule } from "./rules/list-rule.ts";
export type { DenyRule } from "./rules/deny-detector.ts";
export {
  type OnlyValidPhonesOptions,
  onlyValidPhones,
  type ParsedPhoneNumber,
  type PhoneNumberParser,
} from "./rules/phone-verifier.ts";

// Models
export type { FoundSpan, SpanFinder } from "./finders/span-finder.ts";
export {
  type ClassifiedToken,
  type TokenClassificationFinderOptions,
  type TokenClassificationPipeline,
  tokenClassificationFinder,
} from "./finders/token-classification-finder.ts";
export {
  type CompromiseDocument,
  type CompromiseFinderOptions,
  type CompromiseView,
  compromiseFinder,
} from "./finders/compromise-finder.ts";

// Detectors
export { defaultDetectors } from "./detectors/default-detectors.ts";
export { email } from "./detectors/email.ts";
export { spelledEmail } from "./detectors/spelled-email.ts";
export { creditCard } from "./detectors/credit-card.ts";
export { iban } from "./detectors/iban.ts";
export { usSsn } from "./detectors/us-ssn.ts";
export { contextPhone, internationalPhone, nanpPhone, regionalPhone } from "./detectors/phone.ts";
export { ipv4, ipv6 } from "./detectors/ip.ts";
export { mac } from "./detectors/mac.ts";
export { cryptoAddress } from "./detectors/crypto.ts";
export { dateOfBirth } from "./detectors/date-of-birth.ts";
export { url } from "./detectors/url.ts";
export { secretDetectors } from "./detectors/default-detectors.ts";
export { localeDetectors } from "./locales/locale-detectors.ts";
export { type RegexDetectorOptions, regexDetector } from "./detectors/regex-detector.ts";
