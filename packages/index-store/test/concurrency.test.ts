import type { StateStore } from "@keelson/core";
import { describe, expect, it } from "vitest";
import {
  codeOf,
  contentOf,
  createGate,
  createSubject,
  faultsOf,
  paragraphs,
  withCollections,
} from "./support.ts";

describe("writers at once", () => {
  it("leave one of their versions of a document, whole, whatever the order", async () => {
    const { open, storage, index } = await createSubject({ chunker: paragraphs });
    const handles = await Promise.all(Array.from({ length: 6 }, () => open()));
    await Promise.all(
      handles.flatMap((handle, i) =>
        Array.from({ length: 5 }, (_, j) =>
          handle.upsert([
            { id: "contested", text: `shared\n\nby ${i} in ${j}`, metadata: { i } },
            { id: `own ${i}`, text: `own ${i} ${j}` },
          ]),
        ),
      ),
    );
    const contested = await index.get("contested");
    expect(contested?.chunks).toHaveLength(2);
    expect(contested?.chunks[1]?.text).toMatch(new RegExp(`^by ${contested?.metadata?.i} in `));
    expect(await index.status()).toMatchObject({ documents: 7, chunks: 8 });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("and openings, removals and sweeps leave no trace of each other", async () => {
    const { open, storage, index, clock } = await createSubject({ chunker: paragraphs });
    const ids = Array.from({ length: 40 }, (_, i) => `d${i}`);
    const write = async (round: number): Promise<void> => {
      const handle = await open();
      await handle.upsert(
        ids.map((id) => ({ id, text: `${round}\n\nshared by ${id}`, ttlMs: round % 2 ? 1 : 100_000 })),
      );
    };
    await Promise.all([
      ...Array.from({ length: 4 }, (_, i) => write(i)),
      (async () => {
        for (let i = 0; i < 10; i++) {
          clock.setNow(clock.now() + 1);
          await index.sweepExpired();
          await (await open()).remove(ids.slice(i, i + 3));
        }
      })(),
    ]);
    expect(await faultsOf(storage)).toEqual([]);
    for (const content of Object.values(await contentOf(index, ids))) {
      if (content !== undefined)
        expect(content).toMatchObject({ text: [expect.stringMatching(/^\d$/), expect.any(String)] });
    }
  });

  it("give up with the document's name when others never let them through", async () => {
    const { index, storage } = await createSubject();
    await index.upsert([{ id: "a/doc/b", text: "one" }]);
    const { commit, get } = storage.state;
    storage.state.commit = async (changes, options) => {
      const document = changes.find(({ key }) => key.endsWith("g/1/doc/a/doc/b"));
      if (document !== undefined && "value" in document) {
        const [found] = await get([document.key]);
        if (found !== undefined) await commit([{ key: found.key, value: found.value }]);
      }
      return await commit(changes, options);
    };
    const failing = index.upsert([{ id: "a/doc/b", text: "two" }]);
    expect(await codeOf(failing)).toBe("DOCUMENT_CONFLICT");
    await failing.catch((error) => expect(error.details).toEqual({ documentId: "a/doc/b", attempts: 32 }));
    expect((await index.get("a/doc/b"))?.chunks[0]?.text).toBe("one");
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("begin their batch again when an opening takes them for dead while they stage", async () => {
    const { open, storage, embedder, index, clock } = await createSubject({ leaseMs: 1 });
    await index.upsert([{ id: "a", text: "one" }]);
    let times = 0;
    const slow = withCollections(storage.vectors, ({ upsert }) => ({
      upsert: async (records) => {
        // The opening rolls back what is being staged; then the staging arrives all the same.
        clock.setNow(clock.now() + 1);
        if (times++ < 2) await open();
        await upsert(records);
      },
    }));
    const writer = await open({ vectors: slow });
    expect((await writer.upsert([{ id: "a", text: "two" }])).changed).toBe(1);
    expect(times).toBe(3);
    expect(embedder.texts).toEqual(["one", "two"]);
    expect((await index.get("a"))?.chunks[0]?.text).toBe("two");
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("keep what they commit while an opening is about to roll them back", async () => {
    const { open, storage, index, clock } = await createSubject({ leaseMs: 1 });
    await index.upsert([{ id: "a", text: "one" }]);
    const reached = createGate();
    const written = createGate();
    const slowState: StateStore = {
      ...storage.state,
      get: async (keys, options) => {
        const found = await storage.state.get(keys, options);
        if (keys[0]?.includes("/intent/")) {
          reached.open();
          await written.opened;
        }
        return found;
      },
    };
    let opening: Promise<unknown> | undefined;
    const vectors = withCollections(storage.vectors, ({ upsert }) => ({
      upsert: async (records) => {
        await upsert(records);
        clock.setNow(clock.now() + 1);
        opening = open({ state: slowState });
        await reached.opened;
      },
    }));
    const writer = await open({ vectors });
    await writer.upsert([{ id: "a", text: "two" }]);
    written.open();
    await opening;
    expect((await index.query("two")).map(({ text }) => text)).toEqual(["two"]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("embed nothing twice because of a conflict", async () => {
    const { index, open, embedder } = await createSubject();
    const other = await open();
    await Promise.all([index.upsert([{ id: "a", text: "one" }]), other.upsert([{ id: "a", text: "two" }])]);
    expect(embedder.texts.sort()).toEqual(["one", "two"]);
  });
});

describe("indexes in one storage", () => {
  it("share nothing, whatever their names", async () => {
    const names = [
      "a",
      "a/b",
      "a%2Fb",
      "a/",
      "a@1",
      "a@1@1",
      "index",
      "é",
      "../a",
      " ",
      "head",
      "a@drill-b",
      `a@drill-${"b".repeat(16)}`,
      "x".repeat(200),
    ];
    const { open, storage } = await createSubject();
    const indexes = await Promise.all(names.map((name) => open({ name })));
    for (const [i, index] of indexes.entries()) {
      await index.upsert([
        { id: "same", text: `of ${i}`, ttlMs: 1_000_000 },
        { id: `g/1/doc/${i}`, text: "x" },
      ]);
      await index.snapshot();
    }
    for (const [i, index] of indexes.entries()) {
      expect((await index.get("same"))?.chunks[0]?.text).toBe(`of ${i}`);
      expect((await index.query("of", { topK: 50 })).length).toBe(2);
      expect(await index.snapshots()).toHaveLength(1);
      const { id } = (await index.snapshots())[0] ?? { id: "" };
      await index.restore(id);
    }
    for (const name of names) await open({ name });
    for (const index of indexes) expect((await index.query("of", { topK: 50 })).length).toBe(2);
    for (const index of indexes.slice(1)) await index.remove(["same"]);
    expect(await indexes[0]?.get("same")).toBeDefined();
    for (const name of names) expect(await faultsOf(storage, name)).toEqual([]);
  });
});
