import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Marks } from "../src/order.ts";
import { createOrderedMap } from "../src/ordered-map.ts";

interface Thing {
  readonly value: number;
  isMarked: boolean;
}
const marks: Marks<Thing> = {
  mark: (thing) => {
    thing.isMarked = true;
  },
  isMarked: ({ isMarked }) => isMarked,
};

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
    options: fc.record({
      mostPerBucket: fc.constantFrom(2, 3, 8, 33, undefined),
      marks: fc.constantFrom(marks, undefined),
    }),
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
      fc.property(cases, ({ ids, options, loaded, steps, prefix, start, size }) => {
        const map = createOrderedMap<Thing>(options);
        const inOrder = [...loaded].sort();
        map.append(inOrder, (value) => ({ value, isMarked: false }));
        const model = new Map(inOrder.map((id, value) => [id, value]));
        const remove = (id: string): void => {
          expect(map.delete(id)?.value).toBe(model.get(id));
          model.delete(id);
        };
        const set = (id: string, value: number): void => {
          map.set(id, { value, isMarked: false });
          model.set(id, value);
        };
        const values = (things: readonly Thing[]): number[] => things.map(({ value }) => value);
        // What is not loaded is set, so that there is much to delete.
        if (loaded.length === 0) for (const [value, id] of ids.entries()) set(id, value);
        for (const step of [...steps, { read: true }]) {
          if ("set" in step) {
            set(step.set, step.value);
          } else if ("delete" in step) {
            remove(step.delete);
          } else if ("deleteFrom" in step) {
            const behind = [...model.keys()].sort().filter((id) => id >= step.deleteFrom);
            for (const id of behind.slice(0, step.count)) remove(id);
          } else {
            const behind = sorted(model).filter(([id]) => start === undefined || id > start);
            const page = behind.filter(([id]) => id.startsWith(prefix)).slice(0, size);
            const found = map.page({ prefix, after: start, limit: size });
            expect(values(found)).toEqual(page.map(([, value]) => value));
            // Ten bytes a value: as many as tens, but one at the least.
            const part = behind.slice(0, Math.max(1, size - 1)).map(([, value]) => value);
            expect(values(map.part(start, (size - 1) * 10, () => 10))).toEqual(part);
            for (const id of ids) expect(map.get(id)?.value).toBe(model.get(id));
          }
        }
        expect(map.keys()).toEqual(sorted(model).map(([id]) => id));
        expect(values(map.values())).toEqual(sorted(model).map(([, value]) => value));
      }),
      { numRuns: 500 },
    );
  }, 30_000);

  it("holds a key that is deleted and added again and again but once", () => {
    const map = createOrderedMap<Thing>({ marks, mostPerBucket: 8 });
    for (let value = 0; value < 1000; value++) map.set(`${value}`, { value, isMarked: false });
    for (let value = 0; value < 200; value++) {
      map.delete("500");
      map.set("500", { value, isMarked: false });
    }
    expect(map.page({ prefix: "500", after: undefined, limit: 5 })).toEqual([
      { value: 199, isMarked: false },
    ]);
    expect(map.keys()).toHaveLength(1000);
  });

  it("refuses to append what does not stand behind all else", () => {
    const map = createOrderedMap<number>();
    map.append(["b"], () => 1);
    expect(() => map.append(["b"], () => 2)).toThrow("not in order");
    expect(() => map.append(["d", "c"], (place) => 4 - place)).toThrow("not in order");
    map.set("c", 3);
    expect(() => map.append(["bb"], () => 2)).toThrow("not in order");
    map.append(["d"], () => 4);
    expect(map.values()).toEqual([1, 3, 4]);
  });
});

function sorted(model: ReadonlyMap<string, number>): [string, number][] {
  return [...model].sort(([a], [b]) => (a < b ? -1 : 1));
}
