import type { StateChange } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { codeOf, createLetters, createSubject, failureOf, faultsOf, stateOf } from "./support.ts";

const documents = [{ id: "a", text: "one" }];

/** An index of two generations, the second live, and a snapshot. */
async function createPair() {
  const subject = await createSubject();
  const { index } = subject;
  await index.upsert(documents);
  const { id: snapshot } = await index.snapshot();
  await index.rebuild({ embedder: createLetters("other@1", 16) });
  const commit = async (...changes: readonly (readonly StateChange[])[]): Promise<void> => {
    await subject.storage.state.commit(changes.flat());
  };
  return { ...subject, snapshot, control: index.control, commit };
}

const one = { name: "docs", generation: 1 };
const two = { name: "docs", generation: 2 };

describe("control", () => {
  it("finds generations and snapshots, and what is gone not", async () => {
    const { control, snapshot, index } = await createPair();
    expect(control.name).toBe("docs");
    expect(await control.find(one)).toEqual({ embedder: "letters@1", dimension: 32, live: false });
    expect(await control.find(two)).toEqual({ embedder: "other@1", dimension: 16, live: true });
    expect(await control.find({ name: "docs", snapshot })).toEqual({
      embedder: "letters@1",
      dimension: 32,
      live: false,
    });
    expect(await control.find({ name: "other", generation: 1 })).toBeNull();
    expect(await control.find({ name: "docs", generation: 3 })).toBeNull();
    expect(await control.find({ name: "docs", snapshot: "none" })).toBeNull();
    await index.dropGeneration(1);
    expect(await control.find(one)).toBeNull();
  });

  it("keeps what is pinned from being dropped, until the last holder lets go", async () => {
    const { control, commit, index } = await createPair();
    await commit(await control.pin(one, "release v1"));
    await commit(await control.pin(one, "release/v2"));
    await commit(await control.pin(one, "release/v2"));
    expect(await index.generations()).toMatchObject([
      { pinnedBy: ["release v1", "release/v2"] },
      { pinnedBy: [] },
    ]);
    expect(await failureOf(index.dropGeneration(1))).toMatchObject({
      code: "INDEX_TARGET_PINNED",
      details: { index: "docs", generation: 1, holder: "release v1" },
    });
    await commit(await control.unpin(one, "release v1"));
    expect(await control.unpin(one, "release v1")).toEqual([]);
    expect(await codeOf(index.dropGeneration(1))).toBe("INDEX_TARGET_PINNED");
    await commit(await control.unpin(one, "release/v2"));
    await index.dropGeneration(1);
    expect(await codeOf(Promise.resolve(control.pin(one, "late")))).toBe("INDEX_TARGET_NOT_FOUND");
  });

  it("keeps pinned generations over rebuilds and restores, and lets others go", async () => {
    const { control, commit, index, storage } = await createPair();
    await commit(await control.pin(one, "v1"));
    await index.rebuild();
    await index.rebuild();
    expect((await index.generations()).map(({ number, state }) => `${number} ${state}`)).toEqual([
      "1 kept",
      "3 previous",
      "4 live",
    ]);
    await commit(await control.unpin(one, "v1"));
    await index.rebuild();
    expect((await index.generations()).map(({ number }) => number)).toEqual([4, 5]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("lets one commit move the head, pin for the new holder and unpin for the old", async () => {
    const { control, commit, index } = await createPair();
    await commit(await control.pin(two, "v2"));
    await commit(await control.makeLive(1), await control.pin(one, "v1"), await control.unpin(two, "v2"));
    expect(await index.generations()).toMatchObject([
      { number: 1, state: "live", pinnedBy: ["v1"] },
      { number: 2, state: "previous", pinnedBy: [] },
    ]);
    expect((await index.status()).generation).toBe(1);
  });

  it("lets two holders change their pins of one generation in one commit", async () => {
    const { control, commit, index } = await createPair();
    await commit(await control.pin(one, "v1"));
    const [guard, ...pin] = await control.pin(one, "v2");
    await commit(await control.unpin(one, "v1"), guard === undefined ? [] : [guard], pin);
    expect((await index.generations())[0]?.pinnedBy).toEqual(["v2"]);
  });

  it("refuses to move, by the commit, when the index has moved on since", async () => {
    const { control, commit, index } = await createPair();
    const changes = await control.makeLive(1);
    await index.rebuild();
    expect(await codeOf(commit(changes))).toBe("STATE_CONFLICT");
    const check = await control.makeLive(3);
    expect(check).toMatchObject([{ key: "index/docs/head" }]);
    expect("value" in (check[0] as object)).toBe(false);
    await index.rebuild();
    expect(await codeOf(commit(check))).toBe("STATE_CONFLICT");
    expect(await codeOf(Promise.resolve(control.makeLive(1)))).toBe("INDEX_TARGET_NOT_FOUND");
  });

  it.each(["pin first", "drop first"])(
    "never drops what somebody pins at the same moment: %s",
    async (order) => {
      const { control, commit, index } = await createPair();
      // The guard is there from an earlier pin, or not.
      if (order === "pin first") await commit(await control.pin(one, "earlier"));
      const changes = await control.pin(one, "v1");
      if (order === "pin first") await commit(await control.unpin(one, "earlier"));
      await index.dropGeneration(1);
      expect(await codeOf(commit(changes))).toBe("STATE_CONFLICT");
      expect(await codeOf(Promise.resolve(control.pin(one, "v1")))).toBe("INDEX_TARGET_NOT_FOUND");
    },
  );

  it("never drops what is pinned between its look and its commit", async () => {
    const { control, commit, index, storage } = await createPair();
    await commit(await control.pin(one, "earlier"));
    await commit(await control.unpin(one, "earlier"));
    const { commit: write } = storage.state;
    let between = true;
    storage.state.commit = async (changes, options) => {
      if (between && changes.some(({ key }) => key.endsWith("/head"))) {
        between = false;
        await commit(await control.pin(one, "v1"));
      }
      return await write(changes, options);
    };
    expect(await codeOf(index.dropGeneration(1))).toBe("INDEX_TARGET_PINNED");
    expect(await control.find(one)).not.toBeNull();
  });

  it("pins snapshots", async () => {
    const { control, commit, snapshot, storage } = await createPair();
    const reference = { name: "docs", snapshot };
    await commit(await control.pin(reference, "v1"));
    expect((await stateOf(storage)).map(({ key }) => key)).toContain(`index/docs/pin/s/${snapshot}/v1`);
    expect(await codeOf(Promise.resolve(control.pin({ name: "docs", snapshot: "none" }, "v1")))).toBe(
      "INDEX_TARGET_NOT_FOUND",
    );
    await commit(await control.unpin(reference, "v1"));
  });

  it("rejects every call once the handle is closed", async () => {
    const { control, index, snapshot, open } = await createPair();
    await index.close();
    const calls = [
      control.find(one),
      control.find({ name: "docs", snapshot }),
      control.pin(one, "v1"),
      control.unpin(one, "v1"),
      control.makeLive(1),
    ];
    for (const call of calls) expect(await codeOf(Promise.resolve(call))).toBe("STORE_CLOSED");
    expect(await (await open()).control.find(one)).not.toBeNull();
  });

  it("refuses a holder without a name", async () => {
    const { control } = await createPair();
    expect(await codeOf(Promise.resolve(control.pin(one, "")))).toBe("ARGUMENT_INVALID");
  });
});
