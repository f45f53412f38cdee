import assert from "node:assert/strict";
import type { VectorMatch, VectorMetric, VectorRecord } from "@keelson/core";
import { byCodeUnits } from "../fixtures/strings.ts";
import { closeness } from "../fixtures/vectors.ts";

// Room for stores that reckon in single precision.
const TOLERANCE = 1e-4;

/** The true answer of a query, by looking at every record. */
function exactMatches(
  records: readonly VectorRecord[],
  query: Float32Array,
  metric: VectorMetric,
): { readonly id: string; readonly score: number }[] {
  return records
    .map(({ id, vector }) => ({ id, score: closeness(metric, vector, query) }))
    .sort((a, b) => b.score - a.score || byCodeUnits(a.id, b.id));
}

/**
 * Fails unless the matches are the true `topK`, best first. Where scores differ by less than single precision can
 * tell, either order is right; records of equal vectors must come by id.
 */
export function assertExact(
  matches: readonly VectorMatch[],
  records: readonly VectorRecord[],
  query: Float32Array,
  { topK, metric }: { topK: number; metric: VectorMetric },
): void {
  const exact = exactMatches(records, query, metric);
  const scores = new Map(exact.map(({ id, score }) => [id, score]));
  const vectors = new Map(records.map(({ id, vector }) => [id, vector.join()]));
  assert.equal(matches.length, Math.min(topK, exact.length), "the number of matches is wrong");
  assert.equal(new Set(matches.map(({ id }) => id)).size, matches.length, "a record came twice");
  for (const [i, { id, score }] of matches.entries()) {
    const truth = scores.get(id);
    const best = exact[i]?.score ?? 0;
    assert.ok(truth !== undefined, "a match is no record");
    assert.ok(close(score, truth), `the score of a match is ${score}, and should be ${truth}`);
    assert.ok(
      close(truth, best),
      `the match at ${i} scores ${truth}, and a record that scores ${best} is missing`,
    );
    const before = matches[i - 1];
    if (before === undefined) continue;
    assert.ok(before.score >= score, "a worse match stands before a better one");
    if (vectors.get(before.id) === vectors.get(id))
      assert.ok(before.id < id, "equal vectors are not in the order of their ids");
  }
}

/** The share of the true `topK` among the matches. */
export function recallOf(
  matches: readonly VectorMatch[],
  records: readonly VectorRecord[],
  query: Float32Array,
  { topK, metric }: { topK: number; metric: VectorMetric },
): number {
  const nearest = exactMatches(records, query, metric).slice(0, topK);
  const worst = nearest.at(-1)?.score ?? 0;
  const scores = new Map(records.map(({ id, vector }) => [id, closeness(metric, vector, query)]));
  // A record as close as the last of the true ones is as good.
  const good = matches.filter(({ id }) => (scores.get(id) ?? Number.NEGATIVE_INFINITY) >= worst - TOLERANCE);
  return Math.min(1, good.length / nearest.length);
}

function close(a: number, b: number): boolean {
  return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a), Math.abs(b));
}
