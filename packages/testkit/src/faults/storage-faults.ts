import { type Awaitable, isKeelsonError, type ReclaimResult, type Storage } from "@keelson/core";
import { patch } from "../tools/patch.ts";
import { abortFaults, mapMethods } from "./abort-faults.ts";
import { createFault, type Fault } from "./fault.ts";

const fault = (id: string, title: string, wrap: (storage: Storage) => Storage): Fault<Storage> =>
  createFault<Storage>(`storage/${id}`, title, { wrap });

type Part = "state" | "vectors" | "blobs" | "secrets";
const parts: readonly Part[] = ["state", "vectors", "blobs", "secrets"];

const reclaimFault = (
  id: string,
  title: string,
  reclaim: (storage: Storage, whole: () => Awaitable<ReclaimResult>) => Promise<ReclaimResult>,
): Fault<Storage> =>
  fault(id, title, (storage) =>
    storage.reclaim === undefined
      ? storage
      : patch(storage, {
          reclaim: (options) =>
            reclaim(storage, () => storage.reclaim?.(options) as Awaitable<ReclaimResult>),
        }),
  );

const reclaimFaults: readonly Fault<Storage>[] = [
  reclaimFault("reclaims-after-close", "answers reclaim after it was closed", async (storage, whole) => {
    const { vectors } = storage;
    return (
      ((await forgiving(whole, [])) as ReclaimResult | undefined) ?? { reclaimedBytes: 0, stores: [vectors] }
    );
  }),
  reclaimFault(
    "reclaims-too-much",
    "takes what is stored for deleted when it reclaims",
    async (storage, whole) => {
      const result = await whole();
      await storage.state.commit([{ key: "kept", delete: true }]);
      return result;
    },
  ),
  reclaimFault(
    "reclaims-once",
    "rejects when it is to reclaim again",
    (() => {
      const reclaimed = new WeakSet<Storage>();
      return async (storage, whole) => {
        if (reclaimed.has(storage)) throw new Error("nothing to reclaim");
        reclaimed.add(storage);
        return await whole();
      };
    })(),
  ),
  reclaimFault(
    "reclaims-for-others",
    "says that it reclaims a store that is not its own",
    async (_, whole) => {
      const result = await whole();
      return { ...result, stores: result.stores.map((store) => ({ ...store })) };
    },
  ),
];

/** Storages that are wrong as a whole. Their parts have faults of their own. */
export const storageFaults: readonly Fault<Storage>[] = [
  fault("close-answers", "answers close with something", (storage) =>
    patch(storage, {
      close: async () => {
        await storage.close();
        return "closed" as unknown as undefined;
      },
    }),
  ),
  fault("closes-once", "rejects when it is closed again", (storage) => {
    let closed = false;
    return patch(storage, {
      close: async () => {
        if (closed) throw new Error("closed already");
        closed = true;
        await storage.close();
      },
    });
  }),
  ...parts.map((part) =>
    fault(`${part}-answer-after-close`, `answers calls of its ${part} after it was closed`, (storage) =>
      patch(storage, { [part]: mapMethods(withWatch(storage[part]), forgiving) }),
    ),
  ),
  fault("breaks-off", "ends what is under way with an error of its own when it is closed", (storage) =>
    patch(storage, {
      state: mapMethods(storage.state, async (method, args) => {
        try {
          return await method(...args);
        } catch (error) {
          throw isKeelsonError(error, "STORE_CLOSED") ? new Error("connection lost") : error;
        }
      }),
    }),
  ),
  fault(
    "acknowledges-too-early",
    "acknowledges a commit before it is made, and loses it when it is closed",
    (storage) =>
      patch(storage, {
        state: patch(storage.state, {
          commit: async (changes, options) => {
            const done = Promise.resolve(storage.state.commit(changes, options));
            return Promise.race([done.catch(() => ({ revision: 1 })), nextMicrotasks()]);
          },
        }),
      }),
  ),
  ...abortFaults<Storage>("storage"),
  ...reclaimFaults,
  fault("mixes-its-parts", "keeps secrets in its state", (storage) =>
    patch(storage, {
      secrets: patch(storage.secrets, {
        write: async (name, payload, options) => {
          const answer = await storage.secrets.write(name, payload, options);
          await storage.state.commit([{ key: name, value: "secret" }]);
          return answer;
        },
      }),
    }),
  ),
];

async function nextMicrotasks(): Promise<{ revision: number }> {
  await undefined;
  return { revision: 1 };
}

async function forgiving(method: (...args: unknown[]) => unknown, args: unknown[]): Promise<unknown> {
  try {
    return await method(...args);
  } catch (error) {
    if (isKeelsonError(error, "STORE_CLOSED")) return undefined;
    throw error;
  }
}

function withWatch<T extends Storage[Part]>(part: T): T {
  if (!("watch" in part) || part.watch === undefined) return part;
  const { watch } = part;
  return patch(part, {
    watch: (...args: Parameters<typeof watch>) => {
      try {
        return watch(...args);
      } catch {
        return () => {};
      }
    },
  } as unknown as Partial<T>);
}
