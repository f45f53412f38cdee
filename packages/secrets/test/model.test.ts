import { isKeelsonError } from "@keelson/core";
import type { OverlapPolicy } from "@keelson/secrets";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openStore, token } from "./support/open-store.ts";

interface ModelVersion {
  readonly value: string;
  stage: "current" | "previous" | "revoked";
  deadline: number;
}

const span = fc.integer({ min: 0, max: 5 });
const step = fc.oneof(
  fc.record({
    do: fc.constant("rotate" as const),
    graceMs: span,
    onOverlap: fc.constantFrom<OverlapPolicy>("refuse", "keep-each-deadline", "revoke-previous"),
    hooked: fc.boolean(),
  }),
  fc.record({ do: fc.constant("verify" as const), pick: fc.nat() }),
  fc.record({ do: fc.constant("verify" as const), pick: fc.nat() }),
  fc.record({ do: fc.constant("expire" as const) }),
  fc.record({ do: fc.constant("revoke" as const), pick: fc.nat() }),
  fc.record({ do: fc.constant("advance" as const), ms: span }),
  fc.record({ do: fc.constant("jump" as const), ms: fc.integer({ min: -20, max: 20 }) }),
  fc.record({ do: fc.constant("restart" as const) }),
);

describe("any schedule of rotations, verifications, revocations, clock jumps and restarts", () => {
  it("accepts what a plain list of versions accepts", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.constantFrom("use", "verify"),
        async (steps, kind) => {
          const { clock, reopen, store: first } = openStore();
          let store = first;
          const versions: ModelVersion[] = [{ value: token("v1"), stage: "current", deadline: 0 }];
          await store.put("api", token("v1"), { kind: kind as "use" });
          // Closing is for good: what a call has seen over stays over, whatever the clock shows later.
          const close = () => {
            for (const version of versions)
              if (version.stage === "previous" && version.deadline <= clock.now()) version.stage = "revoked";
          };
          const open = () =>
            versions.filter(({ stage, deadline }) => stage === "previous" && deadline > clock.now());

          for (const action of steps) {
            if (action.do === "advance") await clock.advance(action.ms);
            else if (action.do === "jump") clock.setNow(clock.now() + action.ms);
            else if (action.do === "restart") store = reopen();
            else if (action.do === "expire") {
              close();
              const previous = versions.flatMap(({ stage }, i) => (stage === "previous" ? [i + 1] : []));
              expect((await store.expireGrace("api")).revoked).toEqual(previous);
              for (const number of previous) (versions[number - 1] as ModelVersion).stage = "revoked";
            } else if (action.do === "revoke") {
              close();
              const index = action.pick % versions.length;
              await store.revoke("api", index + 1);
              (versions[index] as ModelVersion).stage = "revoked";
            } else if (action.do === "verify") {
              close();
              const version = versions[action.pick % versions.length] as ModelVersion;
              const { ok } = await store.verify("api", version.value);
              expect(ok).toBe(version.stage !== "revoked");
            } else {
              const { graceMs, onOverlap, hooked } = action;
              const room = { refuse: 0, "keep-each-deadline": 1, "revoke-previous": 99 }[onOverlap];
              const value = token(`v${versions.length + 1}`);
              const hooks = hooked ? { set: () => {}, test: () => true } : {};
              const rotated = await store
                .rotate("api", { graceMs, onOverlap, value, hooks })
                .catch((error: unknown) => error);
              if (open().length > room) {
                expect(isKeelsonError(rotated, "SECRET_GRACE_OPEN")).toBe(true);
                continue;
              }
              expect(rotated).toMatchObject({ version: versions.length + 1 });
              close();
              for (const version of versions) {
                if (version.stage === "previous" && onOverlap === "revoke-previous")
                  version.stage = "revoked";
                if (version.stage !== "current") continue;
                version.stage = graceMs === 0 ? "revoked" : "previous";
                version.deadline = clock.now() + graceMs;
              }
              versions.push({ value, stage: "current", deadline: 0 });
            }
          }

          close();
          for (const { value, stage } of versions) {
            const result = await store.verify("api", value);
            expect(result.ok ? result.stage : "revoked").toBe(stage);
          }
          expect((await store.audit("api")).intact).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
