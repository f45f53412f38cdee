import type { BlobStore } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { rejection } from "../conformance/outcome.ts";
import { strictAbortBlobCases } from "./abort.ts";

/** What a blob store must satisfy besides when users call it themselves, with nobody in front to check. */
export const strictBlobStoreCases: readonly ConformanceCase<BlobStore>[] = [
  ...strictAbortBlobCases,
  {
    id: "blob-store/list/refuses/limit",
    title: "refuses a limit that is no whole number of at least 1 with ARGUMENT_INVALID",
    async run(blobs) {
      for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
        await rejection("ARGUMENT_INVALID", () => blobs.list("", { limit }));
    },
  },
];
