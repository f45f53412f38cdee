import assert from "node:assert/strict";
import type { Redactor } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { awkwardTexts } from "../fixtures/texts.ts";
import type { RedactorHarness } from "./redactor-cases.ts";
import { assertRedacted, withHidden } from "./subject.ts";

/** What is said of what was found. */
export const findingCases: readonly ConformanceCase<Redactor, RedactorHarness>[] = [
  {
    id: "redactor/redact/findings/shape",
    title: "reports findings of a type in capitals, with whole numbers for places and a score within 0..1",
    async run(redactor, { harness }) {
      for (const { text } of withHidden(harness)) {
        const { findings } = await redactor.redact(text);
        for (const { type, start, end, outputStart, outputEnd, score } of findings) {
          assert.match(type, /^[A-Z][A-Z0-9_]*$/);
          for (const place of [start, end, outputStart ?? 0, outputEnd ?? 0])
            assert.ok(Number.isSafeInteger(place) && place >= 0);
          assert.ok(score === undefined || (score >= 0 && score <= 1), "a score is not within 0..1");
        }
      }
    },
  },
  {
    id: "redactor/redact/findings/order",
    title: "reports findings by ascending start, without overlaps, within the text",
    async run(redactor, { harness }) {
      const all = withHidden(harness)
        .map(({ text }) => text)
        .join("\n");
      for (const text of [all, `${all}\n${all}`, ...awkwardTexts.map((awkward) => `${awkward}\n${all}`)]) {
        let [last, outputLast] = [0, 0];
        const redaction = await redactor.redact(text);
        for (const { start, end, outputStart, outputEnd } of redaction.findings) {
          assert.ok(
            start >= last && end > start && end <= text.length,
            "findings overlap, or are out of order or of bounds",
          );
          last = end;
          if (outputStart === undefined || outputEnd === undefined) continue;
          assert.ok(
            outputStart >= outputLast && outputEnd >= outputStart && outputEnd <= redaction.text.length,
          );
          outputLast = outputEnd;
        }
      }
    },
  },
  {
    id: "redactor/redact/findings/code-units",
    title: "counts places in UTF-16 code units",
    async run(redactor, { harness }) {
      for (const { text, hidden } of withHidden(harness)) {
        const prefix = `${"😀".repeat(text.length + 10)}\n`;
        await assertRedacted(redactor, `${prefix}${text}`, hidden);
      }
    },
  },
];
