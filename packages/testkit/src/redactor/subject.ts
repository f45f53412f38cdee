import assert from "node:assert/strict";
import type { Finding, Redaction, Redactor } from "@keelson/core";
import type { RedactorExample, RedactorHarness } from "./redactor-cases.ts";

/** The examples that have something to hide. */
export function withHidden({ examples }: RedactorHarness): readonly RedactorExample[] {
  const found = examples.filter(({ hidden }) => hidden.length > 0);
  assert.ok(found.length > 0, "the harness needs an example with something to hide");
  for (const { text, hidden } of found) {
    assert.ok(
      hidden.every((value) => value !== "" && text.includes(value)),
      "what is to be hidden must stand in the text",
    );
  }
  return found;
}

/** Redacts, and fails unless every value is gone and findings cover every place where one stood. */
export async function assertRedacted(
  redactor: Redactor,
  text: string,
  hidden: readonly string[],
): Promise<Redaction> {
  const redaction = await redactor.redact(text);
  for (const value of hidden) {
    assert.ok(!redaction.text.includes(value), "a value is left in the output");
    for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + value.length)) {
      const end = at + value.length;
      assert.ok(
        redaction.findings.some((finding) => finding.start < end && finding.end > at),
        "no finding covers a value that was taken out",
      );
    }
  }
  return redaction;
}

/** What a finding says, without what says nothing. */
export function plain(findings: readonly Finding[]): unknown {
  return JSON.parse(JSON.stringify(findings));
}
