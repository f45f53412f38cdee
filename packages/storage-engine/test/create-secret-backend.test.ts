import { Secret } from "@keelson/core";
import { createSecretBackend } from "@keelson/storage-engine";
import { describe, expect, it } from "vitest";
import { createSubject, when } from "./subject.ts";

const secret = (value: string): Secret => new Secret(value, { name: "given", version: 1 });

describe(createSecretBackend.name, () => {
  it("replaces a record only at the revision it expects", async () => {
    const { secrets } = createSubject();
    const first = await secrets.write("a", secret("one"), { expect: "absent" });
    await expect(secrets.write("a", secret("two"), { expect: "absent" })).rejects.toMatchObject({
      code: "SECRET_CONFLICT",
      details: { name: "a", expect: "absent", actual: first.revision },
    });
    await expect(secrets.write("b", secret("two"), { expect: first.revision })).rejects.toMatchObject({
      code: "SECRET_CONFLICT",
      details: { name: "b", expect: first.revision, actual: "absent" },
    });
    const second = await secrets.write("a", secret("two"), { expect: first.revision });
    expect(second.revision).toBeGreaterThan(first.revision);
    expect((await secrets.read("a"))?.payload.expose()).toBe("two");
  });

  it("lets one of two writers at once win", async () => {
    const { secrets } = createSubject();
    const writes = await Promise.allSettled([
      secrets.write("a", secret("one"), { expect: "absent" }),
      secrets.write("a", secret("two"), { expect: "absent" }),
    ]);
    expect(writes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  it("gives no revision twice, not even after a delete, nor one that state has", async () => {
    const { secrets, state } = createSubject();
    const first = await secrets.write("a", secret("one"), { expect: "absent" });
    const between = await state.commit([{ key: "a", value: 1 }]);
    await secrets.delete("a");
    await secrets.delete("a");
    expect(await secrets.read("a")).toBeUndefined();
    const second = await secrets.write("a", secret("one"), { expect: "absent" });
    expect([first.revision, between.revision, second.revision]).toEqual([1, 2, 3]);
  });

  it("lists names in ascending order", async () => {
    const { secrets } = createSubject();
    for (const name of ["b", "../a", "é", "B"]) await secrets.write(name, secret("x"), { expect: "absent" });
    expect(await secrets.list()).toEqual(["../a", "B", "b", "é"]);
  });

  it("refuses a write without a secret, an expectation or a name, before anything is written", async () => {
    const { secrets, ops } = createSubject();
    const invalid = { code: "ARGUMENT_INVALID" };
    await expect(secrets.write("a", "plain" as never, { expect: "absent" })).rejects.toMatchObject(invalid);
    await expect(secrets.write("a", secret("x"), {} as never)).rejects.toMatchObject(invalid);
    await expect(secrets.write("a", secret("x"), undefined as never)).rejects.toMatchObject(invalid);
    await expect(secrets.write("", secret("x"), { expect: "absent" })).rejects.toMatchObject({
      code: "KEY_INVALID",
    });
    await expect(secrets.read("n".repeat(257))).rejects.toMatchObject({ code: "KEY_INVALID" });
    expect(ops).toEqual([]);
  });

  it("keeps the value out of errors", async () => {
    const { secrets } = createSubject();
    await secrets.write("a", secret("hunter2"), { expect: "absent" });
    const error = await when(secrets.write("a", secret("hunter2"), { expect: 9 })).catch((e: unknown) => e);
    expect(JSON.stringify(error) + String(error) + (error as Error).stack).not.toContain("hunter2");
  });
});
