import {
  type AbortOptions,
  type Clock,
  isKeelsonError,
  KeelsonError,
  type StateChange,
  type StateEntry,
  type StateStore,
} from "@keelson/core";
import { type AuditEvent, type AuditEventFacts, sealEvent } from "./audit-event.ts";
import { type Head, type HeadRead, readHead, toJson } from "./head.ts";
import type { Keys } from "./keys.ts";

/** What a decision is made on: the head and further entries, in one consistent state. */
export interface Snapshot extends HeadRead {
  /** The entries asked for, in that order. */
  readonly entries: readonly (StateEntry | undefined)[];
}

/** What to do. Without `events` the head stays, and `changes` go through only while it does. */
export interface Step<T> {
  readonly result: T;
  /** What becomes other in the head. The audit chain moves by itself. */
  readonly head?: Partial<Omit<Head, "audit" | "format">> | undefined;
  /** What to tell of it, at least one when the head changes. */
  readonly events?: readonly AuditEventFacts[] | undefined;
  /** What else is written in the same commit. */
  readonly changes?: readonly StateChange[] | undefined;
}

/** What {@link Journal.transact} takes. */
interface TransactOptions extends AbortOptions {
  /** How often to decide anew when somebody else was first. Default 1,000. */
  readonly attempts?: number | undefined;
}

/** The head record and its audit chain, moved only together. */
export interface Journal {
  read(keys: readonly string[], options?: AbortOptions): Promise<Snapshot>;
  /**
   * Reads, decides and commits by compare-and-set; when somebody else was first, reads and decides again. `decide`
   * may run several times and changes nothing itself; it may throw STATE_CONFLICT to decide anew.
   *
   * @throws KeelsonError RELEASE_CONFLICT when somebody else was first in every attempt. Nothing was written.
   */
  transact<T>(
    keys: readonly string[],
    decide: (snapshot: Snapshot) => Step<T> | Promise<Step<T>>,
    options?: TransactOptions,
  ): Promise<T>;
}

/** What {@link createJournal} takes. */
export interface JournalOptions {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly keys: Keys;
  /** Told of every head that is read or written, older ones among them, and when, monotonic, it was asked for. */
  readonly onHead: (read: HeadRead, askedAtMs: number) => Promise<void>;
}

export function createJournal({ state, clock, keys, onHead }: JournalOptions): Journal {
  const read: Journal["read"] = async (wanted, { signal } = {}) => {
    signal?.throwIfAborted();
    const askedAtMs = clock.monotonic();
    const [first, ...entries] = await state.get([keys.head, ...wanted], { signal });
    const snapshot = { ...readHead(first), entries };
    await onHead(snapshot, askedAtMs);
    return snapshot;
  };

  return {
    read,
    async transact(wanted, decide, { signal, attempts = 1000 } = {}) {
      for (let attempt = 1; ; attempt++) {
        const snapshot = await read(wanted, { signal });
        try {
          const step = await decide(snapshot);
          const { head, events } = chain(snapshot.head, step, clock.now());
          const changes = [
            events.length === 0
              ? { key: keys.head, expect: snapshot.revision }
              : { key: keys.head, value: toJson(head), expect: snapshot.revision },
            ...events.map((event) => ({
              key: keys.audit(event.sequence),
              value: toJson(event),
              expect: "absent" as const,
            })),
            ...(step.changes ?? []),
          ];
          if (changes.length === 1 && events.length === 0) return step.result;
          const askedAtMs = clock.monotonic();
          const { revision } = await state.commit(changes, { signal });
          if (events.length > 0) await onHead({ head, revision }, askedAtMs);
          return step.result;
        } catch (error) {
          if (!isKeelsonError(error, "STATE_CONFLICT")) throw error;
          if (attempt >= attempts) throw conflict(attempt);
        }
      }
    },
  };
}

/** Somebody else moved what the call was decided on. */
export function conflict(attempts: number): KeelsonError<"RELEASE_CONFLICT"> {
  return new KeelsonError("RELEASE_CONFLICT", "the release state was changed by somebody else meanwhile", {
    details: { attempts },
  });
}

function chain(before: Head, step: Step<unknown>, atMs: number): { head: Head; events: AuditEvent[] } {
  const events: AuditEvent[] = [];
  let anchor = before.audit;
  for (const facts of step.events ?? []) {
    const event = sealEvent(facts, anchor, atMs);
    events.push(event);
    anchor = { sequence: event.sequence, hash: event.hash };
  }
  return { head: { ...before, ...step.head, audit: anchor }, events };
}
