import type { Json, StateChange, StateEntry } from "@keelson/core";
import { createStateStore } from "@keelson/storage-engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSubject, when } from "./subject.ts";

const key = fc.constantFrom("a", "a/1", "a/2", "b", "b/\u{1f600}", "__proto__", "é");
const change: fc.Arbitrary<StateChange> = fc.oneof(
  fc.record({ key, value: fc.jsonValue() as fc.Arbitrary<Json> }),
  fc.record({
    key,
    value: fc.integer(),
    expect: fc.oneof(fc.constant("absent" as const), fc.integer({ min: 1, max: 8 })),
  }),
  fc.record({ key, delete: fc.constant(true as const) }),
  fc.record({ key, expect: fc.oneof(fc.constant("absent" as const), fc.integer({ min: 1, max: 8 })) }),
);
const commit = fc.uniqueArray(change, { selector: (part) => part.key, maxLength: 4 });

describe(createStateStore.name, () => {
  it("does what a plain map with one revision counter does", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commit, { maxLength: 20 }), async (commits) => {
        const { state } = createSubject();
        const model = new Map<string, StateEntry>();
        let newest = 0;
        for (const changes of commits) {
          const stale = changes.find(
            (part) =>
              part.expect !== undefined && part.expect !== (model.get(part.key)?.revision ?? "absent"),
          );
          if (stale !== undefined) {
            await expect(state.commit(changes)).rejects.toMatchObject({
              code: "STATE_CONFLICT",
              details: {
                key: stale.key,
                expect: stale.expect,
                actual: model.get(stale.key)?.revision ?? "absent",
              },
            });
          } else {
            if (changes.length > 0) newest++;
            expect(await state.commit(changes)).toEqual({ revision: newest });
            for (const part of changes) {
              const value = "value" in part ? JSON.parse(JSON.stringify(part.value)) : undefined;
              if ("value" in part) model.set(part.key, { key: part.key, value, revision: newest });
              else if ("delete" in part) model.delete(part.key);
            }
          }
          const sorted = [...model.values()].sort((x, y) => (x.key < y.key ? -1 : 1));
          expect(await state.scan()).toStrictEqual(sorted);
          const keys = ["b", "a", "nowhere", "b"];
          expect(await state.get(keys)).toEqual(keys.map((wanted) => model.get(wanted)));
        }
      }),
    );
  });

  it("reads every page of a prefix, wherever a page ends", async () => {
    const keys = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4, unit: "grapheme" }), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(
        keys,
        fc.string({ maxLength: 1 }),
        fc.string({ maxLength: 3 }),
        fc.integer({ min: 1, max: 5 }),
        async (all, prefix, start, limit) => {
          const { state } = createSubject();
          await state.commit(all.map((each) => ({ key: each, value: null })));
          const found: string[] = [];
          let after = start;
          while (true) {
            const page = await state.scan({ prefix, after, limit });
            expect(page.length).toBeLessThanOrEqual(limit);
            found.push(...page.map((entry) => entry.key));
            const last = page.at(-1);
            if (last === undefined || page.length < limit) break;
            after = last.key;
          }
          const wanted = all.filter((each) => each.startsWith(prefix) && each > start);
          expect(found).toEqual(wanted.sort((a, b) => (a < b ? -1 : 1)));
        },
      ),
    );
  });

  it("keeps its values whatever happens to what was passed in or read", async () => {
    const { state } = createSubject();
    const value = { list: [1, { deep: "yes" }] };
    const committed = state.commit([{ key: "a", value }]);
    value.list.push(2);
    await committed;
    const [entry] = await state.get(["a"]);
    if (entry === undefined) throw new Error("nothing was read");
    const { list } = entry.value as { list: { deep: string }[] };
    expect(() => list.pop()).toThrow(TypeError);
    expect(() => Object.assign(entry, { value: 0 })).toThrow(TypeError);
    expect((await state.get(["a"]))[0]?.value).toEqual({ list: [1, { deep: "yes" }] });
  });

  it("keeps a key named __proto__ as plain data and -0 as the 0 that JSON keeps", async () => {
    const { state } = createSubject();
    const value = JSON.parse('{"__proto__":{"admin":true}}');
    await state.commit([
      { key: "a", value },
      { key: "b", value: -0 },
    ]);
    const [a, b] = await state.get(["a", "b"]);
    expect(JSON.stringify(a?.value)).toBe('{"__proto__":{"admin":true}}');
    expect(a?.value).not.toHaveProperty("admin");
    expect(Object.is(b?.value, 0)).toBe(true);
  });

  it("refuses malformed commits whole, with a code, before anything is written", async () => {
    const cases: [unknown, string][] = [
      ["nonsense", "ARGUMENT_INVALID"],
      [[null], "ARGUMENT_INVALID"],
      [[{ key: "a" }], "ARGUMENT_INVALID"],
      [[{ key: "a", delete: false }], "ARGUMENT_INVALID"],
      [[{ key: "a", delete: true, value: 1 }], "ARGUMENT_INVALID"],
      [[{ key: "a", value: 1, expect: 1.5 }], "ARGUMENT_INVALID"],
      [[{ key: "a", value: 1, expect: "present" }], "ARGUMENT_INVALID"],
      [[{ key: "", value: 1 }], "KEY_INVALID"],
      [[{ key: "k".repeat(4097), value: 1 }], "KEY_INVALID"],
      [[{ key: "\ud800", value: 1 }], "KEY_INVALID"],
      [[{ key: "a", value: undefined }], "VALUE_INVALID"],
      [[{ key: "a", value: { at: new Date(0) } }], "VALUE_INVALID"],
      [[{ key: "a", value: Number.NaN }], "VALUE_INVALID"],
      [
        [
          { key: "b", value: 1 },
          { key: "b", delete: true },
        ],
        "ID_DUPLICATE",
      ],
    ];
    const { state, ops } = createSubject();
    for (const [changes, code] of cases) {
      const good = { key: "good", value: 1 };
      const mixed = Array.isArray(changes) ? [good, ...changes] : changes;
      await expect(state.commit(mixed as StateChange[])).rejects.toMatchObject({ code });
    }
    expect(ops).toEqual([]);
    expect(await state.commit([{ key: "k".repeat(4096), value: 1 }])).toEqual({ revision: 1 });
  });

  it("refuses pages and keys that make no sense", async () => {
    const { state } = createSubject();
    await expect(state.scan({ limit: 0 })).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    await expect(state.scan({ limit: 1.5 })).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    await expect(state.get([""])).rejects.toMatchObject({ code: "KEY_INVALID" });
  });

  it("shows a read nothing that is not durable yet, and no conflict with it either", async () => {
    const sync = withResolvers();
    const { state } = createSubject(() => sync.promise);
    const events: string[] = [];
    const note = (event: string) => (): void => void events.push(event);
    const calls = [
      when(state.commit([{ key: "a", value: 1 }])).then(note("commit")),
      when(state.get(["a"])).then(note("get")),
      when(state.scan()).then(note("scan")),
      when(state.commit([{ key: "a", value: 2, expect: "absent" }])).catch(note("conflict")),
    ];
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect(events).toEqual([]);
    sync.resolve();
    await Promise.all(calls);
    expect(events.sort()).toEqual(["commit", "conflict", "get", "scan"]);
  });

  it("rejects reads of what a failed write would have shown", async () => {
    const failure = new Error("disk on fire");
    const { state } = createSubject(() => Promise.reject(failure));
    await expect(state.commit([{ key: "a", value: 1 }])).rejects.toBe(failure);
    await expect(state.get(["a"])).rejects.toBe(failure);
  });

  it("rejects promptly when aborted in flight, though the commit still takes place", async () => {
    const sync = withResolvers();
    const { state } = createSubject(() => sync.promise);
    const controller = new AbortController();
    const commit = state.commit([{ key: "a", value: 1 }], { signal: controller.signal });
    controller.abort("enough");
    await expect(commit).rejects.toBe("enough");
    sync.resolve();
    expect((await state.get(["a"]))[0]?.value).toBe(1);
  });

  it("refuses watches that make no sense, before a commit could fail of them", async () => {
    const { state } = createSubject();
    const watch = state.watch as (prefix: unknown, listener: unknown) => unknown;
    const invalid = (argument: string): unknown =>
      expect.objectContaining({ code: "ARGUMENT_INVALID", details: expect.objectContaining({ argument }) });
    for (const prefix of [undefined, 1, /a/])
      expect(() => watch(prefix, () => {})).toThrow(invalid("prefix") as Error);
    expect(() => watch("", undefined)).toThrow(invalid("listener") as Error);
    expect(await state.commit([{ key: "a", value: 1 }])).toEqual({ revision: 1 });
  });

  it("tells watchers of keys below their prefix once they can be read", async () => {
    const { state } = createSubject();
    const heard: (readonly string[])[] = [];
    const stop = state.watch?.("a/", (keys) => heard.push(keys));
    await state.commit([
      { key: "a/1", value: 1 },
      { key: "b/1", value: 1 },
      { key: "a/2", delete: true },
      { key: "a/3", expect: "absent" },
    ]);
    await state.commit([{ key: "b/2", value: 1 }]);
    await expect(state.commit([{ key: "a/1", value: 2, expect: 7 }])).rejects.toMatchObject({
      code: "STATE_CONFLICT",
    });
    await Promise.resolve();
    expect(heard).toEqual([["a/1", "a/2"]]);
    await state.commit([{ key: "a/4", value: 1 }]);
    stop?.();
    await state.commit([{ key: "a/5", value: 1 }]);
    await Promise.resolve();
    expect(heard.flat()).not.toContain("a/5");
  });
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
