import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Place } from "./conformance-case.ts";

/** Makes a place; `remove` deletes its directory if one was asked for. */
export function createPlace(): Place & { remove(): void } {
  const name = `keelson-${randomBytes(8).toString("hex")}`;
  let directory: string | undefined;
  return {
    name,
    directory: () => {
      directory ??= mkdtempSync(join(tmpdir(), `${name}-`));
      return directory;
    },
    remove: () => {
      if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}
