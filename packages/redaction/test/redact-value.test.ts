import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor } from "../src/index.ts";
import { compilePaths } from "../src/redact-value.ts";
import { errorOf } from "./helpers.ts";

describe("redactValue", () => {
  it("redacts strings and numbers wherever they stand, with the keys as context", async () => {
    const { value, findings } = await createRedactor().redactValue({
      user: { ssn: 536904399, mail: ["a@b.co", "none"], age: 41, active: true, note: null },
      order: 536904399,
      phone: "2125550134",
    });
    expect(value).toEqual({
      user: { ssn: "[ssn]", mail: ["[email]", "none"], age: 41, active: true, note: null },
      order: 536904399,
      phone: "[phone]",
    });
    expect(findings.map(({ type, path, start, end }) => [type, path, start, end])).toEqual([
      ["US_SSN", ["user", "ssn"], 0, 9],
      ["EMAIL", ["user", "mail", 0], 0, 6],
      ["PHONE", ["phone"], 0, 10],
    ]);
  });

  it("takes the whole of a value whose key says secret", async () => {
    const { value } = await createRedactor().redactValue({ dbPassword: "correct horse 7 battery" });
    expect(value).toEqual({ dbPassword: "[secret]" });
  });

  it("gives offsets in the string at the path, and in its replacement", async () => {
    const { value, findings } = await createRedactor().redactValue({ note: "to a@b.co or c@d.co" });
    expect(value).toEqual({ note: "to [email] or [email]" });
    expect(
      findings.map(({ start, end, outputStart, outputEnd }) => [start, end, outputStart, outputEnd]),
    ).toEqual([
      [3, 9, 3, 10],
      [13, 19, 14, 21],
    ]);
  });

  it("redacts keys and loses none", async () => {
    const { value, findings } = await createRedactor().redactValue({ "a@b.co": 1, "c@d.co": 2 });
    expect(value).toEqual({ "[email]": 1, "[email] 2": 2 });
    expect(findings.map(({ inKey }) => inKey)).toEqual([true, true]);
  });

  it("leaves allowed paths as they are", async () => {
    const redactor = createRedactor({ allowPaths: ["id", "items.*.by", "**.uri"] });
    const value = { id: "a@b.co", items: [{ by: "a@b.co", to: "a@b.co" }], deep: { er: { uri: "a@b.co" } } };
    expect((await redactor.redactValue(value)).value).toEqual({
      ...value,
      items: [{ by: "a@b.co", to: "[email]" }],
    });
  });

  it("keeps the shape of any value and changes nothing the second time", async () => {
    const redactor = createRedactor();
    const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<never>;
    const some = fc.constantFrom("a@b.co", "536-90-4399", "plain", 4111111111111111, 12);
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom("ssn", "mail", "x"), fc.oneof(json, some)),
        async (input) => {
          const { value } = await redactor.redactValue(input);
          expect(Object.keys(value as object)).toHaveLength(Object.keys(input).length);
          expect((await redactor.redactValue(value)).value).toEqual(value);
        },
      ),
    );
  });

  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  it.each<[string, unknown]>([
    ["a bigint, in which nothing would be looked for", { ssn: 536904399n }],
    ["a date, which would come out empty", { at: new Date(0) }],
    ["a map, which would come out empty", new Map([["ssn", "536-90-4399"]])],
    ["what was left out", { ssn: undefined }],
    ["a value that holds itself", cyclic],
    ["a value nested without measure", JSON.parse(`${"[".repeat(20_000)}${"]".repeat(20_000)}`)],
  ])("refuses %s", async (_, value) => {
    expect((await errorOf(() => createRedactor().redactValue(value as never))).code).toBe("VALUE_INVALID");
  });

  it("tells allowed paths as their patterns read", () => {
    const read = (parts: readonly string[], path: readonly (string | number)[]): boolean => {
      const [part, ...rest] = parts;
      if (part === undefined) return path.length === 0;
      if (part === "**") return read(rest, path) || (path.length > 0 && read(parts, path.slice(1)));
      return path.length > 0 && (part === "*" || part === String(path[0])) && read(rest, path.slice(1));
    };
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "0", "*", "**"), { minLength: 1, maxLength: 6 }),
        fc.array(fc.constantFrom("a", "b", 0), { maxLength: 7 }),
        (parts, path) => {
          expect(compilePaths([parts.join(".")])(path)).toBe(read(parts, path));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("looks at a deep path that nearly fits no more often than it is long, for each part of the pattern", () => {
    let looks = 0;
    const path = new Proxy([...Array<string>(40).fill("a"), "b"], {
      get: (target, key) => {
        if (typeof key === "string" && /^\d+$/.test(key)) looks++;
        return Reflect.get(target, key);
      },
    });
    const pattern = Array<string>(6).fill("**.a").join(".");
    expect(compilePaths([pattern])(path)).toBe(false);
    expect(looks).toBeGreaterThan(0);
    expect(looks).toBeLessThanOrEqual(path.length * pattern.split(".").length);
  });

  it("refuses an empty part of a path", async () => {
    expect((await errorOf(() => createRedactor({ allowPaths: ["a..b"] }))).code).toBe("ARGUMENT_INVALID");
  });

  it("rejects with the signal's reason itself", async () => {
    const reason = new Error("stop");
    const signal = AbortSignal.abort(reason);
    await expect(createRedactor().redactValue("a", { signal })).rejects.toBe(reason);
  });
});
