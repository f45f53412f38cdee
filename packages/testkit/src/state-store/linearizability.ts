import assert from "node:assert/strict";
import type { ErrorDetails, ExpectedRevision, Json, Revision, StateChange, StateEntry } from "@keelson/core";

interface Event {
  /** When the call was made, on one count of all calls and answers. */
  readonly calledAt: number;
  readonly answeredAt: number;
}

/** One commit and how it ended. */
export interface CommitEvent extends Event {
  readonly changes: readonly StateChange[];
  readonly revision?: Revision;
  readonly conflict?: ErrorDetails["STATE_CONFLICT"];
}

/** One read of all keys and what it found. */
export interface ReadEvent extends Event {
  readonly entries: readonly StateEntry[];
}

type Model = ReadonlyMap<string, { readonly value: Json; readonly revision: Revision }>;

/**
 * Fails unless the history can be put in one order that explains every answer, in which each call stands somewhere
 * between its start and its answer. Revisions give the order of the commits that wrote, so no search is needed:
 * Gibbons and Korach, "Testing shared memories", 1997, show it to be linear once the write order is known.
 */
export function assertLinearizable(commits: readonly CommitEvent[], reads: readonly ReadEvent[]): void {
  const writes = commits
    .filter(({ revision, changes }) => revision !== undefined && changes.some(writesSomething))
    .sort((a, b) => Number(a.revision) - Number(b.revision));

  const states: Model[] = [new Map()];
  let calledAt = Number.NEGATIVE_INFINITY;
  for (const [i, write] of writes.entries()) {
    calledAt = Math.max(calledAt, write.calledAt);
    assert.ok(
      calledAt < write.answeredAt,
      "revisions contradict the order in which commits were acknowledged",
    );
    assert.notEqual(writes[i - 1]?.revision, write.revision, "two commits share a revision");
    const state = states[i] ?? new Map();
    assert.equal(
      firstConflict(state, write.changes),
      undefined,
      "a commit went through against its expectation",
    );
    states.push(apply(state, write));
  }

  for (const commit of commits) {
    const { conflict } = commit;
    if (conflict !== undefined) {
      assertPossible(commit, `a conflict on ${conflict.key} has no state that explains it`, (state) => {
        const found = firstConflict(state, commit.changes);
        return (
          found?.key === conflict.key && found.expect === conflict.expect && found.actual === conflict.actual
        );
      });
    } else if (!commit.changes.some(writesSomething)) {
      assertPossible(
        commit,
        "checks went through in no state that meets them",
        (state) => !firstConflict(state, commit.changes),
      );
    }
  }
  for (const read of reads) {
    assertPossible(read, "a read shows no state that the store was in", (state) =>
      shows(read.entries, state),
    );
  }

  /** State i is that after the first i writes; an event may see those that its own time allows. */
  function assertPossible(event: Event, message: string, explains: (state: Model) => boolean): void {
    let first = 0;
    for (const [i, write] of writes.entries()) if (write.answeredAt < event.calledAt) first = i + 1;
    const tooLate = writes.findIndex((write) => write.calledAt > event.answeredAt);
    const last = tooLate === -1 ? writes.length : tooLate;
    assert.ok(states.slice(first, last + 1).some(explains), message);
  }
}

function writesSomething(change: StateChange): boolean {
  return "value" in change || "delete" in change;
}

function firstConflict(
  state: Model,
  changes: readonly StateChange[],
): ErrorDetails["STATE_CONFLICT"] | undefined {
  for (const { key, expect } of changes) {
    const actual: ExpectedRevision = state.get(key)?.revision ?? "absent";
    if (expect !== undefined && expect !== actual) return { key, expect, actual };
  }
  return undefined;
}

function apply(state: Model, { changes, revision = 0 }: CommitEvent): Model {
  const next = new Map(state);
  for (const change of changes) {
    if ("value" in change) next.set(change.key, { value: change.value, revision });
    else if ("delete" in change) next.delete(change.key);
  }
  return next;
}

function shows(entries: readonly StateEntry[], state: Model): boolean {
  return (
    entries.length === state.size &&
    entries.every(({ key, value, revision }) => {
      const stored = state.get(key);
      return stored?.revision === revision && stored.value === value;
    })
  );
}
