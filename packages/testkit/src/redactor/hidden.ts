import assert from "node:assert/strict";
import type { Redactor } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { assertHidden, printedBy } from "../conformance/leaks.ts";
import type { RedactorHarness } from "./redactor-cases.ts";
import { withHidden } from "./subject.ts";

/** What must never show. */
export const hiddenCases: readonly ConformanceCase<Redactor, RedactorHarness>[] = [
  {
    id: "redactor/redact/hidden",
    title: "shows nothing of a value in what it returns, in any part of a finding",
    async run(redactor, { harness }) {
      for (const { text, hidden } of withHidden(harness)) {
        const redaction = await redactor.redact(text);
        for (const value of hidden) assertHidden(value, "the redaction", redaction, ...redaction.findings);
      }
    },
  },
  {
    id: "redactor/redact/hidden/afterwards",
    title: "keeps nothing of a value in itself where printing it shows it",
    async run(redactor, { harness }) {
      for (const { text, hidden } of withHidden(harness)) {
        await redactor.redact(text);
        for (const value of hidden) assertHidden(value, "the redactor", redactor);
      }
    },
  },
  {
    id: "redactor/redact/hidden/output",
    title: "prints nothing of a value to console, stdout or stderr",
    async run(redactor, { harness }) {
      const examples = withHidden(harness);
      const printed = await printedBy(async () => {
        for (const { text } of examples) await redactor.redact(text);
      });
      for (const value of examples.flatMap(({ hidden }) => hidden))
        assert.ok(!printed.includes(value), "a value was printed");
    },
  },
];
