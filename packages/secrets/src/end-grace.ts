import { KeelsonError } from "@keelson/core";
import { assertNotes, assertSpan } from "./arguments.ts";
import type { Records } from "./records.ts";
import type { ExpireGraceOptions, ExpireGraceResult } from "./secret-store.ts";
import type { StoredSecret } from "./stored-secret.ts";
import type { Timekeeper } from "./timekeeper.ts";
import { ended, previousOf } from "./transitions.ts";
import { USAGE_LAG_MS, type Usage, type UsageByVersion } from "./usage.ts";

/** What ending windows works with. */
export interface EndGraceParts {
  readonly records: Records;
  readonly usage: Usage;
  readonly time: Timekeeper;
  readonly hasState: boolean;
}

/** Carries out the `expireGrace` of a store. */
export async function endGrace(
  { records, usage, time, hasState }: EndGraceParts,
  name: string,
  { ifUnusedForMs, by, why, signal }: ExpireGraceOptions,
): Promise<ExpireGraceResult> {
  assertNotes({ by, why });
  let uses: UsageByVersion | undefined;
  if (ifUnusedForMs !== undefined) {
    assertSpan("ifUnusedForMs", ifUnusedForMs);
    if (!hasState)
      throw new KeelsonError(
        "CAPABILITY_UNSUPPORTED",
        "a store without a state does not know who uses what",
        {
          details: { capability: "state" },
        },
      );
    const { life } = await records.load(name, signal);
    uses = await usage.read(name, life, signal);
  }
  let revoked: number[] = [];
  const end = (secret: StoredSecret, now: number): StoredSecret => {
    if (uses !== undefined) assertIdle(secret, uses, ifUnusedForMs ?? 0, time.now());
    revoked = previousOf(secret).map(({ version }) => version);
    return revoked.reduce((next, version) => ended(next, version, "grace-ended", { now, by, why }), secret);
  };
  await records.update(name, end, signal);
  return { revoked };
}

/** Refuses to end a version that somebody may have used within that time. */
function assertIdle(secret: StoredSecret, uses: UsageByVersion, unusedForMs: number, now: number): void {
  for (const { version, createdAtMs } of previousOf(secret)) {
    const lastUses = (uses.get(version) ?? []).map(({ lastUsedAtMs }) => lastUsedAtMs + USAGE_LAG_MS);
    // A version that was never used has been idle since it was made.
    const retryAtMs = Math.max(createdAtMs, ...lastUses) + unusedForMs;
    if (now >= retryAtMs) continue;
    throw new KeelsonError(
      "SECRET_IN_USE",
      `version ${version} of secret ${secret.name} may still be in use`,
      {
        details: { name: secret.name, version, retryAtMs },
      },
    );
  }
}
