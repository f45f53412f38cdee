import type { VectorStore } from "@keelson/core";
import { writerAbortFaults } from "./abort-faults.ts";
import type { Fault } from "./fault.ts";
import { vectorArgumentFaults } from "./vector-argument-faults.ts";
import { vectorCollectionFaults } from "./vector-collection-faults.ts";
import { vectorContentFaults } from "./vector-content-faults.ts";
import { vectorQueryFaults } from "./vector-query-faults.ts";
import { vectorRecordFaults } from "./vector-record-faults.ts";
import { vectorReopenFaults } from "./vector-reopen-faults.ts";

/** Vector stores that are wrong. */
export const vectorStoreFaults: readonly Fault<VectorStore>[] = [
  ...vectorCollectionFaults,
  ...vectorRecordFaults,
  ...vectorContentFaults,
  ...vectorQueryFaults,
  ...vectorArgumentFaults,
  ...vectorReopenFaults,
  ...writerAbortFaults<VectorStore>("vector-store"),
];
