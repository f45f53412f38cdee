/**
 * Which snapshots to keep. All that a rule keeps stay; at least one rule must be given. One dated later than now, since
 * the clock has been set back, stays too, and takes no other's place.
 */
export interface KeepRules {
  /** So many of the newest. */
  readonly keepLast?: number | undefined;
  /** The newest of each of the last so many hours (UTC) that have one. */
  readonly hourly?: number | undefined;
  /** The newest of each of the last so many days (UTC) that have one. */
  readonly daily?: number | undefined;
  /** The newest of each of the last so many weeks (ISO 8601, UTC) that have one. */
  readonly weekly?: number | undefined;
  /** The newest of each of the last so many months (UTC) that have one. */
  readonly monthly?: number | undefined;
  /** All that are younger, in milliseconds. */
  readonly minAgeMs?: number | undefined;
}

/** Why a snapshot stays. */
export type KeepReason =
  | "last"
  | "hourly"
  | "daily"
  | "weekly"
  | "monthly"
  | "young"
  | "future"
  | "newest-drilled"
  | "pinned";

interface Dated {
  readonly id: string;
  readonly createdAtMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Which of these snapshots the rules keep, and why: grandfather, father, son. */
export function keptByRules(
  snapshots: readonly Dated[],
  rules: KeepRules,
  nowMs: number,
): Map<string, KeepReason[]> {
  const newestFirst = snapshots
    .filter(({ createdAtMs }) => createdAtMs <= nowMs)
    .sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1));
  const kept = new Map<string, KeepReason[]>();
  const keep = (id: string, reason: KeepReason): unknown => kept.set(id, [...(kept.get(id) ?? []), reason]);
  const keepNewestOf = (
    reason: KeepReason,
    count: number | undefined,
    periodOf: (snapshot: Dated) => string | number,
  ): void => {
    const periods = new Set<string | number>();
    for (const snapshot of newestFirst) {
      const period = periodOf(snapshot);
      if (periods.has(period)) continue;
      if (periods.size >= (count ?? 0)) return;
      periods.add(period);
      keep(snapshot.id, reason);
    }
  };
  keepNewestOf("last", rules.keepLast, ({ id }) => id);
  keepNewestOf("hourly", rules.hourly, ({ createdAtMs }) => Math.floor(createdAtMs / HOUR_MS));
  keepNewestOf("daily", rules.daily, ({ createdAtMs }) => Math.floor(createdAtMs / DAY_MS));
  // 1970-01-01 was a Thursday; a week begins on Monday.
  keepNewestOf("weekly", rules.weekly, ({ createdAtMs }) => Math.floor((createdAtMs / DAY_MS + 3) / 7));
  keepNewestOf("monthly", rules.monthly, ({ createdAtMs }) =>
    new Date(createdAtMs).toISOString().slice(0, 7),
  );
  for (const { id, createdAtMs } of newestFirst)
    if (rules.minAgeMs !== undefined && createdAtMs > nowMs - rules.minAgeMs) keep(id, "young");
  for (const { id, createdAtMs } of snapshots) if (createdAtMs > nowMs) keep(id, "future");
  return kept;
}
