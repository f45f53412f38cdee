import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createOrderedMap } from "../src/ordered-map.ts";

const few = ["a", "a/1", "a/2", "a/3", "b", "b/1", "b/2", "é", "\u{1f600}"];
// Enough that most of what is deleted is not taken out at once.
const many = Array.from({ length: 200 }, (_, n) => `${n % 3 === 0 ? "a" : "b"}/${n}`);

const stepOf = (id: fc.Arbitrary<string>) =>
  fc.oneof(
    fc.record({ set: id, value: fc.nat(99) }),
    fc.record({ delete: id }),
    fc.record({ deleteFrom: id, count: fc.integer({ min: 2, max: 20 }) }),
    fc.record({ read: fc.constant(true) }),
  );
const caseOf = (ids: readonly string[], loaded: fc.Arbitrary<string[]>) => {
  const id = fc.constantFrom(...ids);
  return fc.record({
    ids: fc.constant(ids),
    perBucket: fc.constantFrom(2, 3, 8, 33, undefined),
    loaded,
    steps: fc.array(stepOf(id), { maxLength: 40 }),
    prefix: fc.constantFrom("", "a", "b/"),
    start: fc.option(id, { nil: undefined }),
    size: fc.integer({ min: 1, max: 4 }),
  });
};

describe(createOrderedMap.name, () => {
  it("reads what a plain map holds, in order, in pages and parts of any size, after any changes of what was loaded", () => {
    const cases = fc.oneof(
      caseOf(few, fc.uniqueArray(fc.constantFrom(...few))),
      caseOf(many, fc.constant(many.filter((_, n) => n % 2 === 0))),
      caseOf(many, fc.constant([])),
    );
    fc.assert(
      fc.property(cases, ({ ids, perBucket, loaded, steps, prefix, start, size }) => {
        const map = createOrderedMap<number>(perBucket);
        const inOrder = [...loaded].sort();
        for (const [value, id] of inOrder.entries()) map.append(id, value);
        const model = new Map(inOrder.map((id, value) => [id, value]));
        const remove = (id: string): void => {
          expect(map.delete(id)).toBe(model.get(id));
          model.delete(id);
        };
        // What is not loaded is set, so that there is much to delete.
        if (loaded.length === 0)
          for (const [value, id] of ids.entries()) {
            map.set(id, value);
            model.set(id, value);
          }
        for (const step of [...steps, { read: true }]) {
          if ("set" in step) {
            map.set(step.set, step.value);
            model.set(step.set, step.value);
          } else if ("delete" in step) {
            remove(step.delete);
          } else if ("deleteFrom" in step) {
            const behind = [...model.keys()].sort().filter((id) => id >= step.deleteFrom);
            for (const id of behind.slice(0, step.count)) remove(id);
          } else {
            const behind = sorted(model).filter(([id]) => start === undefined || id > start);
            const page = behind.filter(([id]) => id.startsWith(prefix)).slice(0, size);
            expect(map.page({ prefix, after: start, limit: size })).toEqual(page.map(([, value]) => value));
            // Ten bytes a value: as many as tens, but one at the least.
            const part = behind.slice(0, Math.max(1, size - 1)).map(([, value]) => value);
            expect(map.part(start, (size - 1) * 10, () => 10)).toEqual(part);
            for (const id of ids) expect(map.get(id)).toBe(model.get(id));
          }
        }
        expect(map.keys()).toEqual(sorted(model).map(([id]) => id));
        expect(map.values()).toEqual(sorted(model).map(([, value]) => value));
      }),
      { numRuns: 500 },
    );
  });

  it("refuses to append what does not stand behind all else", () => {
    const map = createOrderedMap<number>();
    map.append("b", 1);
    expect(() => map.append("b", 2)).toThrow("not in order");
    map.set("c", 3);
    expect(() => map.append("bb", 2)).toThrow("not in order");
    map.append("d", 4);
    expect(map.values()).toEqual([1, 3, 4]);
  });
});

function sorted(model: ReadonlyMap<string, number>): [string, number][] {
  return [...model].sort(([a], [b]) => (a < b ? -1 : 1));
}
