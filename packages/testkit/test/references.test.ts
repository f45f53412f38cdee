import { systemClock } from "@keelson/core";
import { describe } from "vitest";
import {
  chunkerCases,
  clockCases,
  detectorCases,
  embedderCases,
  evalRunnerCases,
  redactorCases,
  storageCases,
  strictEmbedderCases,
  strictEvalRunnerCases,
  strictRedactorCases,
} from "../src/index.ts";
import { testConformance } from "../src/vitest.ts";
import { clockHarness } from "./references/reference-clock.ts";
import {
  chunkerHarness,
  detectorHarness,
  embedderHarness,
  otherDetectors,
  redactorHarness,
  runnerHarness,
} from "./references/reference-plugins.ts";
import { referenceConfigurations } from "./references/reference-storage.ts";

for (const [name, harness] of Object.entries(referenceConfigurations)) {
  describe(`storageCases, ${name}`, () => testConformance(storageCases, harness));
}
describe("embedderCases", () => testConformance([...embedderCases, ...strictEmbedderCases], embedderHarness));
describe("redactorCases", () => testConformance([...redactorCases, ...strictRedactorCases], redactorHarness));
describe("detectorCases", () => {
  for (const harness of [detectorHarness, ...otherDetectors]) testConformance(detectorCases, harness);
});
describe("chunkerCases", () => testConformance(chunkerCases, chunkerHarness));
describe("evalRunnerCases", () =>
  testConformance([...evalRunnerCases, ...strictEvalRunnerCases], runnerHarness));
describe("clockCases", () => {
  testConformance(clockCases, { create: () => systemClock });
  testConformance(clockCases, clockHarness);
});
