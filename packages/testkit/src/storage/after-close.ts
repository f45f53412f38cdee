import type { Awaitable, Storage } from "@keelson/core";
import { bytes } from "../blob-store/subject.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { rejection } from "../conformance/outcome.ts";
import { payload } from "../secret-backend/subject.ts";
import { canScan, metricOf, openCollection, record } from "../vector-store/subject.ts";

/** A call of one method, made ready before the storage is closed. */
interface ClosedCall {
  readonly id: string;
  readonly when?: (storage: Storage) => Awaitable<boolean>;
  readonly ready: (storage: Storage) => Awaitable<() => Awaitable<unknown>>;
}

const calls: readonly ClosedCall[] = [
  {
    id: "storage/reclaim",
    when: ({ reclaim }) => reclaim !== undefined,
    ready: (storage) => () => storage.reclaim?.(),
  },
  {
    id: "state-store/get",
    ready:
      ({ state }) =>
      () =>
        state.get(["a"]),
  },
  {
    id: "state-store/scan",
    ready:
      ({ state }) =>
      () =>
        state.scan(),
  },
  {
    id: "state-store/commit",
    ready:
      ({ state }) =>
      () =>
        state.commit([{ key: "a", value: 1 }]),
  },
  {
    id: "state-store/watch",
    when: ({ state }) => state.watch !== undefined,
    ready:
      ({ state }) =>
      () =>
        void state.watch?.("", () => {}),
  },
  {
    id: "blob-store/put",
    ready:
      ({ blobs }) =>
      () =>
        blobs.put("a", bytes("a")),
  },
  {
    id: "blob-store/get",
    ready:
      ({ blobs }) =>
      () =>
        blobs.get("a"),
  },
  {
    id: "blob-store/stat",
    ready:
      ({ blobs }) =>
      () =>
        blobs.stat("a"),
  },
  {
    id: "blob-store/list",
    ready:
      ({ blobs }) =>
      () =>
        blobs.list(""),
  },
  {
    id: "blob-store/delete",
    ready:
      ({ blobs }) =>
      () =>
        blobs.delete("a"),
  },
  {
    id: "secret-backend/read",
    ready:
      ({ secrets }) =>
      () =>
        secrets.read("a"),
  },
  {
    id: "secret-backend/write",
    ready:
      ({ secrets }) =>
      () =>
        secrets.write("a", payload("a"), { expect: "absent" }),
  },
  {
    id: "secret-backend/list",
    ready:
      ({ secrets }) =>
      () =>
        secrets.list(),
  },
  {
    id: "secret-backend/delete",
    ready:
      ({ secrets }) =>
      () =>
        secrets.delete("a"),
  },
  {
    id: "vector-store/open",
    ready:
      ({ vectors }) =>
      () =>
        vectors.open("docs", { dimension: 3, metric: metricOf(vectors) }),
  },
  {
    id: "vector-store/list",
    ready:
      ({ vectors }) =>
      () =>
        vectors.list(),
  },
  {
    id: "vector-store/drop",
    ready:
      ({ vectors }) =>
      () =>
        vectors.drop("docs"),
  },
  {
    id: "vector-store/upsert",
    ready: async ({ vectors }) => {
      const collection = await openCollection(vectors);
      return () => collection.upsert([record("a")]);
    },
  },
  {
    id: "vector-store/delete",
    ready: async ({ vectors }) => {
      const collection = await openCollection(vectors);
      return () => collection.delete(["a"]);
    },
  },
  {
    id: "vector-store/get",
    ready: async ({ vectors }) => {
      const collection = await openCollection(vectors);
      return () => collection.get(["a"]);
    },
  },
  {
    id: "vector-store/query",
    ready: async ({ vectors }) => {
      const collection = await openCollection(vectors);
      return () => collection.query(Float32Array.of(1, 0, 0), { topK: 1 });
    },
  },
  {
    id: "vector-store/scan",
    when: ({ vectors }) => canScan(vectors),
    ready: async ({ vectors }) => {
      const collection = await openCollection(vectors);
      return () => collection.scan?.();
    },
  },
];

/** What every method does after the storage was closed. */
export const afterCloseCases: readonly ConformanceCase<Storage>[] = calls.map(({ id, when, ready }) => ({
  id: `${id}/after-close`,
  title: "rejects with STORE_CLOSED after the storage was closed",
  when: (storage) => when?.(storage) ?? true,
  async run(storage) {
    const call = await ready(storage);
    await storage.close();
    await rejection("STORE_CLOSED", call);
  },
}));
