import assert from "node:assert/strict";
import type { Redaction, Redactor } from "@keelson/core";
import { abortCases, strictAbortCases } from "../conformance/abort-cases.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { prose } from "../fixtures/texts.ts";

const text = prose.join("\n");
const probes = [
  {
    method: "redact",
    call: (redactor: Redactor, signal: AbortSignal) => redactor.redact(text, { signal }),
    answer: (redaction: unknown) => assert.equal(typeof (redaction as Redaction).text, "string"),
  },
];

/** Aborting, as the SDK does it. */
export const abortRedactorCases: readonly ConformanceCase<Redactor>[] = abortCases("redactor", probes);

/** What a redactor must satisfy besides when users call it themselves, with nobody in front to check the signal. */
export const strictRedactorCases: readonly ConformanceCase<Redactor>[] = strictAbortCases("redactor", probes);
