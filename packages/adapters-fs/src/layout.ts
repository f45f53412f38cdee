import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { argumentInvalid } from "@keelson/core";

/** Where the parts of a store lie in its directory. */
export interface Layout {
  readonly root: string;
  /** Segments of the log. */
  readonly log: string;
  readonly blobs: string;
  /** Torn tails of the log, kept aside. */
  readonly cut: string;
  /** Files on their way to their place; emptied at open. */
  readonly temporary: string;
  /** What the log came to up to some point, so that it can be read from there on. */
  readonly checkpoint: string;
  /** How much of the log has been acknowledged. */
  readonly acknowledged: string;
  readonly masterKey: string;
  segment(number: number): string;
  /** A path in {@link temporary} that nobody else has. */
  newTemporary(): string;
}

const SEGMENT = /^(\d{10})\.log$/;

/**
 * The layout of the store in a directory.
 *
 * @param argument What the directory goes by in an error.
 * @throws KeelsonError ARGUMENT_INVALID when it is no path.
 */
export function createLayout(directory: string, argument = "directory"): Layout {
  if (typeof directory !== "string" || directory === "") throw argumentInvalid(argument, "is not a path");
  const root = resolve(directory);
  const log = join(root, "log");
  const temporary = join(root, "tmp");
  return {
    root,
    log,
    blobs: join(root, "blobs"),
    cut: join(root, "cut"),
    temporary,
    checkpoint: join(root, "checkpoint"),
    acknowledged: join(root, "acknowledged"),
    masterKey: join(root, "master.key"),
    segment: (number) => join(log, `${String(number).padStart(10, "0")}.log`),
    newTemporary: () => join(temporary, randomBytes(12).toString("hex")),
  };
}

/** The number in the name of a segment, `undefined` for any other name. */
export function segmentNumber(name: string): number | undefined {
  const digits = SEGMENT.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
