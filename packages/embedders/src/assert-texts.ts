import { argumentInvalid } from "@keelson/core";

/**
 * Refuses what is no list of strings: a single text, above all, which would be taken for a list of its letters.
 *
 * @throws KeelsonError ARGUMENT_INVALID
 */
export function assertTexts(texts: unknown): asserts texts is readonly string[] {
  if (!Array.isArray(texts)) throw argumentInvalid("texts", "is no list");
  const at = texts.findIndex((text) => typeof text !== "string");
  if (at !== -1) throw argumentInvalid(`texts[${at}]`, "is not a string");
}
