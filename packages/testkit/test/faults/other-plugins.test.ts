import { describe, it } from "vitest";
import {
  chunkerFaults,
  clockFaults,
  detectorFaults,
  embedderFaults,
  evalRunnerFaults,
  redactorFaults,
} from "../../src/faults.ts";
import {
  chunkerCases,
  clockCases,
  detectorCases,
  embedderCases,
  evalRunnerCases,
  redactorCases,
  strictEmbedderCases,
  strictEvalRunnerCases,
  strictRedactorCases,
} from "../../src/index.ts";
import { clockHarness } from "../references/reference-clock.ts";
import {
  chunkerHarness,
  detectorHarness,
  embedderHarness,
  redactorHarness,
  runnerHarness,
} from "../references/reference-plugins.ts";
import { prove } from "./prove.ts";

describe("the faults of the other plug-ins", () => {
  it("fail every case of the embedder's suites, and are all caught", () =>
    prove([...embedderCases, ...strictEmbedderCases], [embedderHarness], embedderFaults));
  it("fail every case of the redactor's suites, and are all caught", { timeout: 60_000 }, () =>
    prove([...redactorCases, ...strictRedactorCases], [redactorHarness], redactorFaults),
  );
  it("fail every case of the detector's suite, and are all caught", () =>
    prove(detectorCases, [detectorHarness], detectorFaults));
  it("fail every case of the chunker's suite, and are all caught", () =>
    prove(chunkerCases, [chunkerHarness], chunkerFaults));
  it("fail every case of the eval runner's suites, and are all caught", () =>
    prove([...evalRunnerCases, ...strictEvalRunnerCases], [runnerHarness], evalRunnerFaults));
  it("fail every case of the clock's suite, and are all caught", () =>
    prove(clockCases, [clockHarness], clockFaults));
});
