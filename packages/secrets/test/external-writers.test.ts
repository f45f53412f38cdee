import { Secret } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { MINUTE, openStore, token } from "./support/open-store.ts";

type Stored = Record<string, unknown> & { versions: Record<string, unknown>[] };

/** A store whose record somebody else has replaced by what `change` makes of it. */
async function changed(change: (stored: Stored) => unknown) {
  const opened = openStore();
  const { store, backend } = opened;
  await store.put("api", token("one"));
  await store.rotate("api", { graceMs: MINUTE, value: token("two") });
  const record = await backend.read("api");
  const stored = JSON.parse(record?.payload.expose() ?? "") as Stored;
  const text = JSON.stringify(change(stored) ?? stored);
  const payload = new Secret(text, { name: "api", version: 2 });
  const { revision } = await backend.write("api", payload, { expect: record?.revision ?? "absent" });
  return { ...opened, revision };
}

describe("a record changed behind the store", () => {
  it.each<[string, (stored: Stored) => unknown]>([
    ["is no object", () => []],
    ["has another format", (stored) => void Object.assign(stored, { format: 2 })],
    ["is that of another name", (stored) => void Object.assign(stored, { name: "other" })],
    ["has another kind", (stored) => void Object.assign(stored, { kind: "keep" })],
    ["has no key", (stored) => void Object.assign(stored, { key: "short" })],
    ["has no newest", (stored) => void Object.assign(stored, { newest: "2" })],
    ["has no versions", (stored) => void Object.assign(stored, { versions: {} })],
    ["has a version without stage", ({ versions }) => void Object.assign(versions[0] ?? {}, { stage: "x" })],
    [
      "has a window without end",
      ({ versions }) => void Object.assign(versions[0] ?? {}, { expiresAtMs: null }),
    ],
    ["has a damaged digest", ({ versions }) => void Object.assign(versions[1] ?? {}, { digest: "abc" })],
    ["has no value", ({ versions }) => void Object.assign(versions[1] ?? {}, { value: 7 })],
    [
      "has two current versions",
      ({ versions }) => void Object.assign(versions[0] ?? {}, { stage: "current" }),
    ],
    [
      "has a rotation to nowhere",
      (s) => void Object.assign(s, { rotation: { version: 9, phase: "set", hooks: [] } }),
    ],
    ["has a rotation of no phase", (s) => void Object.assign(s, { rotation: { version: 2, hooks: [] } })],
    ["has no audit", (stored) => void Object.assign(stored, { audit: null })],
  ])("is refused and left alone when it %s", async (_, change) => {
    const { store, backend, revision } = await changed(change);
    const unreadable = { code: "SECRET_UNREADABLE", details: { name: "api" } };
    await expect(store.verify("api", token("two"))).rejects.toMatchObject(unreadable);
    await expect(store.get("api")).rejects.toMatchObject(unreadable);
    await expect(store.rotate("api", { graceMs: 0 })).rejects.toMatchObject(unreadable);
    await expect(store.expireGrace("api")).rejects.toMatchObject(unreadable);
    await expect(store.revoke("api", 1)).rejects.toMatchObject(unreadable);
    expect((await backend.read("api"))?.revision).toBe(revision);
  });

  it("is seen by the next call when it is a good one", async () => {
    const { store } = await changed(({ versions }) => void versions.shift());
    expect(await store.verify("api", token("one"))).toEqual({ ok: false });
    expect(await store.verify("api", token("two"))).toMatchObject({ ok: true, version: 2 });
  });

  it("is gone for every call once it was deleted", async () => {
    const { store, backend } = await changed(() => {});
    await backend.delete("api");
    expect(await store.verify("api", token("two"))).toEqual({ ok: false });
    await expect(store.get("api")).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
  });
});
