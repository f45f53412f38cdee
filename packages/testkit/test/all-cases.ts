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

/** Every case of every suite. Those of the four stores are in the storage's. */
export const allCases: readonly { readonly id: string; readonly title: string }[] = [
  ...storageCases,
  ...embedderCases,
  ...strictEmbedderCases,
  ...redactorCases,
  ...strictRedactorCases,
  ...detectorCases,
  ...chunkerCases,
  ...evalRunnerCases,
  ...strictEvalRunnerCases,
  ...clockCases,
];
