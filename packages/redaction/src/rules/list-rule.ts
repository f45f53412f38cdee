import { KeelsonError } from "@keelson/core";
import { fold } from "../engine/fold.ts";
import { redactionFailed } from "../engine/redaction-failed.ts";

/**
 * Says which values a list is about: one value, all that end alike, or those a test accepts. ASCII letter case is
 * ignored, and disguises of single characters are undone on both sides before values are compared.
 */
export type ListRule = (
  | { readonly value: string }
  | { readonly suffix: string }
  | {
      /** Is it about this value? Pure: the same value, the same answer. Where it throws, the text fails. */
      readonly test: (value: string) => boolean;
      /** Names what `test` does; part of the redactor's id. Default: its source text. */
      readonly version?: string | undefined;
    }
) & {
  /** Only for findings of this type. Default: for all. */
  readonly type?: string | undefined;
};

/** The text of a rule that stands in the redactor's id. */
export function ruleText(rule: ListRule): unknown {
  if ("test" in rule) return [rule.type ?? null, "test", rule.version ?? String(rule.test)];
  return "value" in rule
    ? [rule.type ?? null, "value", rule.value]
    : [rule.type ?? null, "suffix", rule.suffix];
}

const lower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** A test that fails the text where it throws: its error may quote the value. */
const closed =
  (test: (value: string) => boolean) =>
  (value: string): boolean => {
    try {
      return test(value);
    } catch {
      throw redactionFailed("the test of a list rule threw");
    }
  };

/**
 * Makes one test of a list of rules.
 *
 * @throws KeelsonError ARGUMENT_INVALID when a value or suffix is empty.
 */
export function compileRules(
  rules: readonly ListRule[],
): ((type: string, value: string) => boolean) | undefined {
  if (rules.length === 0) return undefined;
  const tests = rules.map((rule) => {
    const { type } = rule;
    const of = (test: (value: string) => boolean) => (findingType: string, value: string) =>
      (type === undefined || type === findingType) && test(value);
    if ("test" in rule) return of(closed(rule.test));
    const wanted = lower(fold("value" in rule ? rule.value : rule.suffix).text);
    if (wanted === "") {
      throw new KeelsonError("ARGUMENT_INVALID", "a list rule's value or suffix is empty", {
        details: { argument: "allow", reason: "a value or suffix is empty" },
      });
    }
    return of(
      "value" in rule ? (value) => lower(value) === wanted : (value) => lower(value).endsWith(wanted),
    );
  });
  return (type, value) => tests.some((test) => test(type, value));
}
