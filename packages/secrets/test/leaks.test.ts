import { inspect } from "node:util";
import { Secret } from "@keelson/core";
import type { RotationHooks } from "@keelson/secrets";
import { describe, expect, it } from "vitest";
import { MINUTE, openStore, token } from "./support/open-store.ts";

const CANARIES = ["one", "two", "three", "four"].map((label) => `canary-${token(label)}-kW7xQz`);
const [ONE = "", TWO = "", THREE = "", FOUR = ""] = CANARIES;

/** Every way in which a value is usually printed. */
function printed(subject: unknown): string {
  const depths = [
    inspect(subject, { depth: 0 }),
    inspect(subject, { depth: 50, showHidden: true, getters: true }),
  ];
  const texts = [
    ...depths,
    String(subject),
    `${JSON.stringify(subject)}`,
    inspect(structuredClone(ownData(subject))),
  ];
  if (subject instanceof Error)
    texts.push(subject.message, subject.stack ?? "", printed(subject.cause), printed({ ...subject }));
  return texts.join("\n");
}

// What structuredClone refuses is functions alone; results and errors are cloned as they are.
function ownData(subject: unknown): unknown {
  return typeof subject === "object" &&
    Object.values(subject ?? {}).some((part) => typeof part === "function")
    ? {}
    : subject;
}

describe.each(["use", "verify"] as const)("a secret of kind %s", (kind) => {
  it("shows no value in a result, an error, a status or an audit", async () => {
    const { store, backend, clock, reopen } = openStore({ generate: () => FOUR });
    const seen: unknown[] = [store, reopen()];
    const keep = async (call: Promise<unknown>) =>
      void seen.push(await call.catch((error: unknown) => error));
    const contexts: unknown[] = [];
    const quoting: RotationHooks = {
      set: (context) => void contexts.push(context),
      test: ({ candidate }) => {
        throw new Error(`target refused ${candidate.expose()}`, { cause: candidate.expose() });
      },
      undo: ({ candidate }) => Promise.reject(candidate?.expose() ?? TWO),
    };

    await keep(store.put("api", ONE, { kind }));
    await keep(store.put("api", TWO, { kind }));
    await keep(store.get("api"));
    await keep(store.verify("api", ONE));
    await keep(store.verify("api", TWO));
    await keep(store.rotate("api", { graceMs: MINUTE, value: TWO, hooks: quoting }));
    await keep(store.status("api"));
    await keep(store.rotate("api", { graceMs: MINUTE, value: TWO }));
    await keep(store.revoke("api", 2));
    await keep(store.rotate("api", { graceMs: MINUTE, value: ONE }));
    await keep(store.rotate("api", { graceMs: MINUTE, value: `${TWO}\ud800` }));
    await keep(store.rotate("api", { graceMs: MINUTE, value: THREE }));
    await keep(store.rotate("api", { graceMs: MINUTE, value: TWO }));
    await keep(store.get("api", { version: 1 }));
    await keep(store.rotate("api", { graceMs: MINUTE, onOverlap: "revoke-previous" }));
    await keep(store.expireGrace("api"));
    await clock.advance(MINUTE);
    await keep(store.audit("api"));
    await keep(store.status("api"));
    await keep(Promise.resolve(backend.read("api")));

    expect(seen.filter((each) => each instanceof Error).length).toBeGreaterThanOrEqual(6);
    const text = [...seen, ...contexts].map(printed).join("\n");
    for (const canary of CANARIES) expect(text).not.toContain(canary);
    expect(text).toContain("[secret api@1]");
  });

  it("shows nothing of a record that cannot be read", async () => {
    const { store, backend } = openStore();
    for (const [name, payload] of [
      ["text", ONE],
      ["cut", `{"format":1,"value":"${ONE}`],
      ["other", JSON.stringify({ format: 1, name: "other", kind, key: ONE })],
    ] as const) {
      await backend.write(name, new Secret(payload, { name, version: 1 }), { expect: "absent" });
      const error = await store.verify(name, ONE).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "SECRET_UNREADABLE", details: { name } });
      expect(printed(error)).not.toContain(ONE.slice(0, 10));
    }
  });
});
