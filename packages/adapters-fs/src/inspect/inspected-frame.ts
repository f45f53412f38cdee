import type { VectorMetric } from "@keelson/core";
import type { Block, Op } from "@keelson/storage-engine";
import type { FrameContent } from "./walk-store.ts";

/** What a part of a frame is about: names, ids, keys and revisions. No text, metadata, vector, value or secret. */
export type InspectedPart =
  | {
      readonly type: "createCollection";
      readonly name: string;
      readonly dimension: number;
      readonly metric: VectorMetric;
    }
  | { readonly type: "dropCollection" | "deleteSecret"; readonly name: string }
  | { readonly type: "upsert" | "delete"; readonly collection: string; readonly ids: readonly string[] }
  | {
      readonly type: "commit";
      readonly revision: number;
      readonly put: readonly string[];
      readonly deleted: readonly string[];
    }
  | { readonly type: "writeSecret"; readonly name: string; readonly revision: number }
  | { readonly type: "entries"; readonly keys: readonly string[] }
  | { readonly type: "secrets"; readonly names: readonly string[] }
  | { readonly type: "revision"; readonly revision: number }
  | { readonly type: "end" };

/** What `inspectFsStorage` gives. Byte offsets, end exclusive. */
export type InspectedFrame =
  | {
      readonly file: string;
      readonly start: number;
      readonly end: number;
      readonly sequence: number;
      /** Empty for the first two of the three frames that records take in a checkpoint. */
      readonly parts: readonly InspectedPart[];
    }
  | { readonly file: string; readonly start: number; readonly end: number; readonly damage: string };

/** Tells what a frame is about. */
export function inspectContent(content: FrameContent): InspectedPart[] {
  switch (content.kind) {
    case "ops":
      return content.ops.map(inspectOp);
    case "block":
      return content.block === undefined ? [] : [inspectBlock(content.block)];
    case "end":
      return [{ type: "end" }];
  }
}

function inspectOp(op: Op): InspectedPart {
  switch (op.type) {
    case "createCollection":
    case "dropCollection":
    case "deleteSecret":
    case "delete":
      return op;
    case "upsert":
      return { type: "upsert", collection: op.collection, ids: op.records.map(({ id }) => id) };
    case "commit": {
      const keysWhere = (deleted: boolean): string[] =>
        op.changes.filter(({ value }) => (value === undefined) === deleted).map(({ key }) => key);
      return { type: "commit", revision: op.revision, put: keysWhere(false), deleted: keysWhere(true) };
    }
    case "writeSecret":
      return { type: "writeSecret", name: op.name, revision: op.revision };
  }
}

function inspectBlock(block: Block): InspectedPart {
  switch (block.type) {
    case "collection":
      return {
        type: "createCollection",
        name: block.name,
        dimension: block.dimension,
        metric: block.metric,
      };
    case "rows":
      return { type: "upsert", collection: block.collection, ids: block.ids };
    case "entries":
      return { type: "entries", keys: block.entries.map(({ key }) => key) };
    case "secrets":
      return { type: "secrets", names: block.secrets.map(({ name }) => name) };
    case "revision":
      return block;
  }
}
