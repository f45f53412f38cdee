import { format, inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Secret } from "../src/index.ts";

const VALUE = "q7Zp-T3x9-wK5v-canary";
const secret = new Secret(VALUE, { name: "api-key", version: 3 });

describe("Secret", () => {
  it("gives its value to expose() and to nothing else", () => {
    expect(secret.expose()).toBe(VALUE);
    const shown = [
      String(secret),
      `${secret}`,
      `key: ${secret}`,
      JSON.stringify({ nested: [secret] }),
      inspect(secret),
      inspect({ a: { b: { c: { d: [secret] } } } }, { depth: 10, showHidden: true, getters: true }),
      format("%s %o %O %j", secret, secret, secret, secret),
      new Error(`rejected ${secret}`).message,
      inspect(new Error("failed", { cause: secret })),
      inspect(structuredClone(secret)),
      JSON.stringify(structuredClone(secret)),
      inspect(Object.entries(secret)),
      inspect(new Map([[secret, secret]])),
      Object.getOwnPropertyNames(secret).join(),
    ];
    for (const text of shown) expect(text).not.toContain(VALUE);
  });

  it("prints as its name and version", () => {
    expect(`${secret}`).toBe("[secret api-key@3]");
    expect(JSON.stringify({ secret })).toBe('{"secret":"[secret api-key@3]"}');
    expect(inspect({ secret })).toBe("{ secret: [secret api-key@3] }");
    expect(structuredClone(secret)).toEqual({ name: "api-key", version: 3 });
  });

  it("cannot be given another name, version or way out", () => {
    expect(() => Object.assign(secret, { name: "other" })).toThrow(TypeError);
    expect(() => Object.assign(secret, { expose: () => "" })).toThrow(TypeError);
  });
});
