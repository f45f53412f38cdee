import { describe, expect, it } from "vitest";
import { interceptBackend } from "./support/intercept-backend.ts";
import { accepted, MINUTE, openStore, token } from "./support/open-store.ts";

const ALL = ["one", "two", "three", "four"];

describe("rotate", () => {
  it("makes a new version current and the old one previous for the time of grace", async () => {
    const { store, clock } = openStore();
    await store.put("api", "one");
    const result = await store.rotate("api", { graceMs: MINUTE, value: "two", ifVersion: 1 });
    expect(result).toMatchObject({
      version: 2,
      previous: 1,
      previousExpiresAtMs: clock.now() + MINUTE,
      resumed: false,
      finished: true,
    });
    expect([result.secret.expose(), String(result.secret)]).toEqual(["two", "[secret api@2]"]);
  });

  it("generates a value where none is given, and shows it once for kind verify", async () => {
    const { store } = openStore();
    await store.put("api", undefined, { kind: "verify" });
    const { secret } = await store.rotate("api", { graceMs: 0 });
    expect(secret.expose()).toMatch(/^[\w-]{43}$/);
    expect(await store.verify("api", secret)).toMatchObject({ ok: true, version: 2 });
  });

  it("refuses the old version at once with no grace", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    const result = await store.rotate("api", { graceMs: 0, value: "two" });
    expect(result).toMatchObject({ previous: 1, previousExpiresAtMs: undefined });
    expect(await accepted(store, "api", ALL)).toEqual(["two"]);
  });

  it("takes one write without hooks", async () => {
    let writes = 0;
    const { backend } = openStore();
    const secrets = interceptBackend(backend, (method, call) => {
      if (method === "write") writes += 1;
      return call();
    });
    const { store } = openStore({ backend: secrets });
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE });
    expect(writes).toBe(2);
  });

  it("refuses to rotate while a window is open, and does after it", async () => {
    const { store, clock } = openStore();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    await expect(store.rotate("api", { graceMs: MINUTE, value: "three" })).rejects.toMatchObject({
      code: "SECRET_GRACE_OPEN",
      details: { name: "api", previous: 1, expiresAtMs: clock.now() + MINUTE },
    });
    expect(await accepted(store, "api", ALL)).toEqual(["one", "two"]);
    await clock.advance(MINUTE);
    await store.rotate("api", { graceMs: MINUTE, value: "three" });
    expect(await accepted(store, "api", ALL)).toEqual(["two", "three"]);
  });

  it("keeps each deadline if asked to, with three live versions at the most", async () => {
    const { store, clock } = openStore();
    const rotate = (value: string, graceMs: number) =>
      store.rotate("api", { graceMs, value, onOverlap: "keep-each-deadline" });
    await store.put("api", "one");
    await rotate("two", 3 * MINUTE);
    await rotate("three", MINUTE);
    expect(await accepted(store, "api", ALL)).toEqual(["one", "two", "three"]);
    await expect(rotate("four", MINUTE)).rejects.toMatchObject({
      code: "SECRET_GRACE_OPEN",
      details: { previous: 2, expiresAtMs: clock.now() + MINUTE },
    });
    await clock.advance(MINUTE);
    expect(await accepted(store, "api", ALL)).toEqual(["one", "three"]);
    await rotate("four", MINUTE);
    expect(await accepted(store, "api", ALL)).toEqual(["one", "three", "four"]);
    await clock.advance(2 * MINUTE);
    expect(await accepted(store, "api", ALL)).toEqual(["four"]);
  });

  it("revokes earlier versions if asked to", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    await store.rotate("api", { graceMs: MINUTE, value: "two" });
    await store.rotate("api", { graceMs: MINUTE, value: "three", onOverlap: "revoke-previous" });
    expect(await accepted(store, "api", ALL)).toEqual(["two", "three"]);
    await store.rotate("api", { graceMs: 0, value: "four", onOverlap: "revoke-previous" });
    expect(await accepted(store, "api", ALL)).toEqual(["four"]);
  });

  it("rotates only from the version asked for", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    await expect(store.rotate("api", { graceMs: 0, ifVersion: 2 })).rejects.toMatchObject({
      code: "SECRET_CONFLICT",
      details: { name: "api", expect: 2, actual: 1 },
    });
    await store.revoke("api", 1);
    await expect(store.rotate("api", { graceMs: 0, ifVersion: 1 })).rejects.toMatchObject({
      details: { expect: 1, actual: "absent" },
    });
    expect(await store.rotate("api", { graceMs: 0 })).toMatchObject({ version: 2, previous: undefined });
  });

  it("lets one of many callers at the same time rotate", async () => {
    const { store, reopen } = openStore();
    await store.put("api", "one");
    const calls = Array.from({ length: 8 }, () => reopen().rotate("api", { graceMs: MINUTE, ifVersion: 1 }));
    const results = await Promise.allSettled(calls);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results)
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "SECRET_CONFLICT" });
    expect((await store.status("api")).versions).toHaveLength(2);
  });

  it("refuses a value that is live, since revoking a version would not end it", async () => {
    const { store } = openStore();
    await store.put("api", "one");
    const again = store.rotate("api", { graceMs: 0, value: "one" });
    await expect(again).rejects.toMatchObject({ code: "ARGUMENT_INVALID", details: { argument: "value" } });
    await store.rotate("api", { graceMs: 0, value: "two" });
    expect(await store.rotate("api", { graceMs: 0, value: "one" })).toMatchObject({ version: 3 });
  });

  it.each([
    { graceMs: -1 },
    { graceMs: 0.5 },
    { graceMs: Number.NaN },
    { graceMs: Number.MAX_SAFE_INTEGER },
    { graceMs: 0, ifVersion: 0 },
    { graceMs: 0, value: "" },
    { graceMs: 0, onOverlap: "never" as "refuse" },
    { graceMs: 0, why: "" },
    undefined as never,
  ])("refuses %j, and changes nothing", async (options) => {
    const { store } = openStore();
    await store.put("api", "one");
    await expect(store.rotate("api", options)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    expect((await store.audit("api")).events).toHaveLength(1);
  });

  it("does not rotate what does not exist", async () => {
    const { store } = openStore();
    await expect(store.rotate("api", { graceMs: 0 })).rejects.toMatchObject({ code: "SECRET_NOT_FOUND" });
  });

  it("recognises its own write where the backend reports it as a conflict", async () => {
    const { backend } = openStore();
    let repeat = false;
    const secrets = interceptBackend(backend, async (method, call) => {
      if (method === "write" && repeat) {
        repeat = false;
        await call();
      }
      return call();
    });
    const { store } = openStore({ backend: secrets });
    repeat = true;
    const { secret: first } = await store.put("api", undefined, { kind: "verify" });
    repeat = true;
    const { secret: second, version, previous } = await store.rotate("api", { graceMs: MINUTE });
    expect([version, previous]).toEqual([2, 1]);
    const values = [first.expose(), second.expose()];
    expect(await accepted(store, "api", values)).toEqual(values);
  });

  it("gives up a lasting fight with another writer, by the backend's own error", async () => {
    const { backend } = openStore();
    const secrets = interceptBackend(backend, async (method, call) => {
      const record = await backend.read("api");
      if (method === "write" && record !== undefined)
        await backend.write("api", record.payload, { expect: record.revision });
      return call();
    });
    const { store } = openStore({ backend: secrets });
    await store.put("api", token("one"));
    await expect(store.rotate("api", { graceMs: 0 })).rejects.toMatchObject({ code: "SECRET_CONFLICT" });
    await expect(store.revoke("api", 1)).rejects.toMatchObject({ code: "SECRET_CONFLICT" });
    expect(await accepted(store, "api", [token("one")])).toEqual([token("one")]);
  });
});
