import type { FileSystem } from "../file-system.ts";
import { createLayout } from "../layout.ts";
import { nodeFileSystem } from "../node-file-system.ts";
import { failed } from "../store-error.ts";
import { type InspectedFrame, inspectContent } from "./inspected-frame.ts";
import { findStoreFiles } from "./store-files.ts";
import { walkStore } from "./walk-store.ts";

/** What the tools for a store's files take. */
export interface FsToolOptions {
  /** For tests: what to use in place of the machine's filesystem. */
  readonly fileSystem?: FileSystem | undefined;
}

/**
 * Reads the frames of a store, in the order in which they were written: the checkpoint's, then the log's. It tells what
 * each is about without any text, metadata, vector, value or secret, and goes on behind what is damaged. Nothing is
 * changed or locked; beside a process that writes, the newest frame may look damaged.
 *
 * @throws KeelsonError STORE_FAILED when the filesystem refuses.
 *
 * @example
 * ```ts
 * import { inspectFsStorage, openFsStorage } from "@keelson/adapters-fs";
 *
 * const storage = await openFsStorage("./inspected");
 * await storage.state.commit([{ key: "greeting", value: "hello" }]);
 * await storage.close();
 *
 * for await (const frame of inspectFsStorage("./inspected")) {
 *   console.log("parts" in frame ? frame.parts : frame.damage);
 *   // [ { type: 'commit', revision: 1, put: [ 'greeting' ], deleted: [] } ]
 * }
 * ```
 */
export async function* inspectFsStorage(
  directory: string,
  options: FsToolOptions = {},
): AsyncGenerator<InspectedFrame> {
  const { fileSystem = nodeFileSystem } = options;
  const layout = createLayout(directory);
  try {
    const found = await findStoreFiles(fileSystem, layout);
    for (const { reason, ...place } of found.damage) yield { ...place, damage: reason };
    for await (const met of walkStore(fileSystem, found)) {
      if ("content" in met) {
        const { file, start, end, sequence, content } = met;
        yield { file, start, end, sequence, parts: inspectContent(content) };
      } else {
        const { reason, ...place } = "damage" in met ? met.damage : met.tornTail;
        yield {
          ...place,
          damage: "damage" in met ? reason : "a torn write, of which nothing was acknowledged",
        };
      }
    }
  } catch (cause) {
    throw failed(`inspect ${layout.root}`, cause);
  }
}
