import { Secret } from "@keelson/core";
import type { SecretStatus } from "./secret-status.ts";
import type { LiveSecret } from "./secret-store.ts";
import type { StoredSecret } from "./stored-secret.ts";
import type { ClockJump } from "./timekeeper.ts";
import { currentOf, previousOf } from "./transitions.ts";
import type { UsageByVersion } from "./usage.ts";

// What is shown of a record.

export function toLive(secret: StoredSecret): LiveSecret[] {
  const { name } = secret;
  const live = [currentOf(secret), ...previousOf(secret).reverse()];
  return live.flatMap((stored) =>
    stored?.value === undefined
      ? []
      : [
          {
            version: stored.version,
            stage: stored.stage === "previous" ? stored.stage : "current",
            expiresAtMs: stored.expiresAtMs,
            secret: new Secret(stored.value, { name, version: stored.version }),
          },
        ],
  );
}

export function toStatus(
  { name, kind, versions, rotation, schedule }: StoredSecret,
  usage: UsageByVersion,
  clockJump: ClockJump | undefined,
): SecretStatus {
  return {
    name,
    kind,
    current: versions.find(({ stage }) => stage === "current")?.version,
    versions: versions.map(({ version, stage, createdAtMs, expiresAtMs, revokedAtMs, fingerprint }) => ({
      version,
      stage,
      createdAtMs,
      expiresAtMs,
      revokedAtMs,
      fingerprint,
      usage: usage.get(version) ?? [],
    })),
    rotation: rotation && {
      version: rotation.version,
      phase: rotation.phase,
      hooks: rotation.hooks,
      attempt: rotation.attempt,
    },
    schedule,
    clockJump,
  };
}
