import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEntries } from "../src/entries.ts";

const keys = fc.constantFrom("a", "b", "c", "d");

describe("createEntries", () => {
  it("answers as a Map does, in whatever order it is asked", () => {
    const calls = fc.array(
      fc.oneof(
        { weight: 3, arbitrary: fc.record({ type: fc.constant("get" as const), key: keys }) },
        fc.record({ type: fc.constant("set" as const), key: keys }),
        fc.record({ type: fc.constant("delete" as const), key: keys }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(calls, (list) => {
        const entries = createEntries();
        const model = new Map<string, number>();
        for (const [i, { type, key }] of list.entries()) {
          if (type === "set") {
            entries.set({ key, value: i, revision: i }, 1);
            model.set(key, i);
          } else if (type === "delete") {
            entries.delete(key);
            model.delete(key);
          }
          const value = model.get(key);
          const expected = value === undefined ? undefined : { key, value, revision: value };
          expect(entries.get(key)).toEqual(expected);
          expect(entries.bytes).toBe(model.size);
        }
      }),
    );
  });
});
