import { describe, expect, it, vi } from "vitest";
import { MINUTE, openStore, token } from "./support/open-store.ts";

const work = vi.hoisted(() => ({ hashes: 0, compares: 0, counts: 0 }));
vi.mock("node:crypto", async (importOriginal) => {
  const crypto = await importOriginal<typeof import("node:crypto")>();
  return {
    ...crypto,
    timingSafeEqual: (...args: Parameters<typeof crypto.timingSafeEqual>) => {
      work.compares += 1;
      return crypto.timingSafeEqual(...args);
    },
  };
});
vi.mock("../src/keyed-hash.ts", async (importOriginal) => {
  const { createKeyedHash } = await importOriginal<typeof import("../src/keyed-hash.ts")>();
  return {
    createKeyedHash: (key: Buffer) => {
      const { hash } = createKeyedHash(key);
      return {
        hash: (value: string) => {
          work.hashes += 1;
          return hash(value);
        },
      };
    },
  };
});
vi.mock("../src/usage.ts", async (importOriginal) => {
  const usage = await importOriginal<typeof import("../src/usage.ts")>();
  return {
    ...usage,
    createUsage: (...args: Parameters<typeof usage.createUsage>) => {
      const made = usage.createUsage(...args);
      return {
        ...made,
        noteMatch: (...use: Parameters<typeof made.noteMatch>) => {
          work.counts += 1;
          return made.noteMatch(...use);
        },
      };
    },
  };
});

describe("verify", () => {
  it("hashes once, compares three times and counts once, whatever is presented and however many versions live", async () => {
    const { store } = openStore();
    const cost = async (name: string, presented: string) => {
      Object.assign(work, { hashes: 0, compares: 0, counts: 0 });
      const { ok } = await store.verify(name, presented);
      return [ok, work.hashes, work.compares, work.counts];
    };
    const [one, two, three] = [token("one"), token("two"), token("three")];
    expect(await cost("api", one)).toEqual([false, 1, 3, 1]);
    await store.put("api", one, { kind: "verify" });
    expect(await cost("api", one)).toEqual([true, 1, 3, 1]);
    expect(await cost("api", two)).toEqual([false, 1, 3, 1]);
    await store.rotate("api", { graceMs: MINUTE, value: two });
    await store.rotate("api", { graceMs: MINUTE, value: three, onOverlap: "keep-each-deadline" });
    for (const value of [one, two, three]) expect(await cost("api", value)).toEqual([true, 1, 3, 1]);
    expect(await cost("api", "")).toEqual([false, 1, 3, 1]);
    for (const version of [1, 2, 3]) await store.revoke("api", version);
    expect(await cost("api", three)).toEqual([false, 1, 3, 1]);
  });
  it("answers with the same properties in the same order, right or wrong", async () => {
    const { store } = openStore();
    await store.put("api", token("one"), { kind: "verify" });
    await store.rotate("api", { graceMs: MINUTE, value: token("two") });
    const names = ["api", "api", "api", "unknown"];
    const values = [token("one"), token("two"), "wrong", "wrong"];
    const answers = await Promise.all(names.map((name, i) => store.verify(name, values[i] ?? "")));
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, false, false]);
    for (const answer of answers)
      expect(Object.keys(answer)).toEqual(["ok", "version", "stage", "expiresAtMs"]);
  });
});
