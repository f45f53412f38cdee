import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRowIndex } from "../src/row-index.ts";

const ids = ["a", "a/1", "a/2", "a/3", "b", "b/1", "b/2", "é", "\u{1f600}"];
const id = fc.constantFrom(...ids);
const step = fc.oneof(
  fc.record({ set: id, row: fc.nat(99) }),
  fc.record({ delete: id }),
  fc.record({ read: fc.constant(true) }),
);

describe(createRowIndex.name, () => {
  it("reads what a plain map holds, in order, in pages and parts of any size, after any changes of what was loaded", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(id),
        fc.array(step, { maxLength: 40 }),
        fc.constantFrom("", "a", "b/"),
        fc.option(id, { nil: undefined }),
        fc.integer({ min: 1, max: 4 }),
        (loaded, steps, prefix, start, size) => {
          const index = createRowIndex();
          loaded.sort((a, b) => (a < b ? -1 : 1));
          // In two parts, as blocks come.
          const half = loaded.length >> 1;
          index.append(loaded.slice(0, half), 0);
          index.append(loaded.slice(half), half);
          const model = new Map(loaded.map((one, row) => [one, row]));
          for (const each of [...steps, { read: true }]) {
            if ("set" in each) {
              index.set(each.set, each.row);
              model.set(each.set, each.row);
            } else if ("delete" in each) {
              index.delete(each.delete);
              model.delete(each.delete);
            } else {
              const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
              const behind = sorted.filter(([one]) => start === undefined || one > start);
              const page = behind.filter(([one]) => one.startsWith(prefix)).slice(0, size);
              expect(index.page({ prefix, after: start, limit: size })).toEqual(page.map(([, row]) => row));
              // Ten bytes a row: as many rows as tens, but one at the least.
              const part = behind.slice(0, Math.max(1, size - 1)).map(([, row]) => row);
              expect(index.part(start, (size - 1) * 10, () => 10)).toEqual(part);
              for (const one of ids) expect(index.get(one)).toBe(model.get(one));
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
