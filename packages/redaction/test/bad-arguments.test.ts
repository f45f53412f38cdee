import { isKeelsonError } from "@keelson/core";
import { describe, expect, it } from "vitest";
import {
  compromiseFinder,
  createRedactor,
  encrypt,
  localeDetectors,
  onlyValidPhones,
  pseudonym,
  redactionReport,
  regexDetector,
  regionalPhone,
  restore,
  tokenClassificationFinder,
} from "../src/index.ts";

/** What JavaScript may be given where the types say otherwise. */
const unchecked = (value?: unknown): never => value as never;
const pipeline = async (): Promise<unknown> => [];
const parse = () => undefined;

describe("a call with what cannot be used", () => {
  it.each<[string, () => unknown, string]>([
    ["a finder without options", () => compromiseFinder(unchecked()), "options"],
    ["a finder without compromise", () => compromiseFinder(unchecked({})), "nlp"],
    [
      "a finder of a type compromise has not",
      () => compromiseFinder({ nlp: unchecked(() => {}), types: unchecked(["EMAIL"]) }),
      "types",
    ],
    ["a model without options", () => tokenClassificationFinder(unchecked()), "options"],
    ["a model without a pipeline", () => tokenClassificationFinder(unchecked({})), "pipeline"],
    ["a model without a name", () => tokenClassificationFinder({ pipeline, model: "" }), "model"],
    [
      "windows that overlap in whole",
      () => tokenClassificationFinder({ pipeline, model: "m", windowChars: 400, overlapChars: 400 }),
      "windowChars",
    ],
    [
      "windows of no number",
      () => tokenClassificationFinder({ pipeline, model: "m", windowChars: Number.NaN }),
      "windowChars",
    ],
    [
      "an overlap below 0",
      () => tokenClassificationFinder({ pipeline, model: "m", overlapChars: -1 }),
      "overlapChars",
    ],
    ["a score above 1", () => tokenClassificationFinder({ pipeline, model: "m", minScore: 1.1 }), "minScore"],
    ["a rule for phones without options", () => onlyValidPhones(unchecked()), "options"],
    ["a rule for phones without a parser", () => onlyValidPhones(unchecked({})), "parse"],
    ["a rule for phones of no country", () => onlyValidPhones({ parse, countries: [] }), "countries"],
    [
      "a rule for phones of a country that is none",
      () => onlyValidPhones({ parse, countries: ["US", "UK"] }),
      "countries[1]",
    ],
    ["regions that are a text", () => regionalPhone(unchecked("US")), "regions"],
    ["a region that is none", () => regionalPhone(["XX"]), "regions[0]"],
    ["locales that are a text", () => localeDetectors(unchecked("US")), "locales"],
    ["no pattern", () => regexDetector(unchecked({ type: "TICKET" })), "pattern"],
    [
      "a pattern that is a text",
      () => regexDetector({ type: "TICKET", pattern: unchecked("HR") }),
      "pattern",
    ],
    [
      "a context that is a text",
      () => regexDetector({ type: "TICKET", pattern: /HR/, context: unchecked("HR") }),
      "context",
    ],
    [
      "a detector that is surer than sure",
      () => regexDetector({ type: "TICKET", pattern: /HR/, score: 1.1 }),
      "score",
    ],
    ["a detector without options", () => regexDetector(unchecked()), "options"],
    ["no key", () => encrypt(unchecked()), "key"],
    ["a key of no bytes", () => pseudonym({ id: "k", key: unchecked(undefined) }), "key"],
    ["a key without an id", () => pseudonym(unchecked({ key: "x".repeat(32) })), "key"],
    ["a text to restore that is none", () => restore(unchecked(undefined), []), "text"],
    ["keys that are one key", () => restore("", unchecked({ id: "k", key: "x".repeat(32) })), "keys"],
    ["a report of nothing", () => redactionReport(unchecked()), "redactions"],
    ["a report of texts", () => redactionReport(unchecked(["text"])), "redactions"],
    ["a text that is none", () => createRedactor().redact(unchecked(7)), "text"],
  ])("is refused by name: %s", async (_, call, argument) => {
    const error: unknown = await (async () => call())().catch((reason: unknown) => reason);
    expect(isKeelsonError(error, "ARGUMENT_INVALID") && error.details.argument).toBe(argument);
  });
});
