import { describe } from "vitest";
import { stateStoreCases, vectorStoreCases } from "../src/index.ts";
import { testConformance } from "../src/vitest.ts";
import { createGuard } from "./references/guard.ts";
import { createReferenceState, createStateMedium } from "./references/reference-state.ts";
import { createReferenceVectors, type VectorMedium } from "./references/reference-vectors.ts";

describe("stateStoreCases", () => {
  let medium = createStateMedium();
  testConformance(stateStoreCases, {
    create: () => {
      medium = createStateMedium();
      return createReferenceState(medium, createGuard("state store"));
    },
    reopen: () => createReferenceState(medium, createGuard("state store")),
  });
});

describe("vectorStoreCases", () => {
  let medium: VectorMedium = new Map();
  const create = () =>
    createReferenceVectors(medium, createGuard("vector store"), {
      durable: true,
      metrics: ["cosine", "dot", "euclidean"],
      filters: true,
      consistency: "immediate",
      recall: 1,
      physicalDelete: true,
    });
  testConformance(vectorStoreCases, {
    create: () => {
      medium = new Map();
      return create();
    },
    reopen: create,
  });
});
