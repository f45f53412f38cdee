import { type Awaitable, Secret } from "@keelson/core";
import { abortable } from "./abortable.ts";
import { assertGrace, assertNotes, assertOverlap, assertVersion, readValue } from "./arguments.ts";
import { digestValue } from "./digest.ts";
import { isOver, type OwnRotation, stands, windowOf } from "./own-rotation.ts";
import { type Entry, MOST_CONFLICTS, type Records } from "./records.ts";
import { hookNames, type RotationContext, type RotationHooks, rotationContext } from "./rotation-hooks.ts";
import {
  assertCurrent,
  assertHooks,
  assertNew,
  assertRoom,
  rotationFailed,
  versionConflict,
} from "./rotation-rules.ts";
import type { OverlapPolicy, RotateOptions, RotateResult } from "./rotation-types.ts";
import type { StoredRotation, StoredSecret } from "./stored-secret.ts";
import type { Timekeeper } from "./timekeeper.ts";
import {
  begun,
  type Candidate,
  type Change,
  candidateMade,
  committed,
  currentOf,
  finished,
  previousOf,
  retrying,
  settled,
  undoing,
  undone,
  versionOf,
} from "./transitions.ts";

/** What a rotation works with. */
export interface RotationTools {
  readonly records: Records;
  readonly time: Timekeeper;
  readonly generate: () => string;
}

/**
 * One call of `rotate`. The record alone says what comes next, so a fresh rotation, one left by a crash and one that
 * another process takes part in go the same way: look at the phase, do its work, write the next phase; whenever
 * somebody else has written, look again.
 */
export class RotationRun {
  readonly #tools: RotationTools;
  readonly #name: string;
  readonly #options: RotateOptions;
  readonly #hooks: RotationHooks;
  readonly #onOverlap: OverlapPolicy;
  /** The rotation that this call carries out, once it has one. It never goes on to a second. */
  #mine: OwnRotation | undefined;
  /** The candidate's value, once known. */
  #value: string | undefined;
  /** Has this call tried to store its own candidate? */
  #offered = false;
  #resumed = false;
  #failed: string | undefined;
  /** Has the candidate been refused twice, so that a new one may do better? */
  #refused = false;
  #replaced = false;
  #conflicts = 0;

  constructor(tools: RotationTools, name: string, options: RotateOptions) {
    this.#tools = tools;
    this.#name = name;
    this.#options = options;
    this.#hooks = options.hooks ?? {};
    this.#onOverlap = options.onOverlap ?? "refuse";
  }

  /** Rotates, and first brings to an end what is on its way. */
  async rotate(): Promise<RotateResult> {
    const { graceMs, ifVersion, value } = this.#options;
    assertGrace(graceMs, this.#tools.time.now());
    assertOverlap(this.#onOverlap);
    assertNotes(this.#options);
    if (ifVersion !== undefined) assertVersion("ifVersion", ifVersion);
    if (graceMs > 0) this.#tools.time.assertSound();
    let entry = await this.#load();
    if (value !== undefined) this.#value = readValue("value", value, entry.secret.kind);
    for (;;) {
      const { rotation } = entry.secret;
      if (this.#mine !== undefined && isOver(rotation, this.#mine)) return this.#conclude(entry, this.#mine);
      const next = rotation === undefined ? this.#begin(entry) : this.#advance(entry, rotation);
      entry = (await next) ?? (await this.#load());
    }
  }

  /** Brings to an end what is on its way. Gives what it made current. */
  async resume(): Promise<RotateResult | undefined> {
    let entry = await this.#load();
    for (;;) {
      const { rotation } = entry.secret;
      if (this.#mine !== undefined && isOver(rotation, this.#mine))
        return this.#failed === undefined ? this.#conclude(entry, this.#mine) : undefined;
      if (rotation === undefined) return undefined;
      entry = (await this.#advance(entry, rotation)) ?? (await this.#load());
    }
  }

  /** One step, as the journal says. Gives the record after it, or nothing where it must be read again. */
  async #advance(entry: Entry, rotation: StoredRotation): Promise<Entry | undefined> {
    assertHooks(rotation, this.#hooks);
    if (rotation.phase === "finish") return this.#finish(entry.secret, rotation.version);
    if (this.#mine === undefined) {
      this.#assertAllowed(entry.secret);
      if (rotation.phase !== "undo" && !this.#adopt(entry, rotation))
        return this.#save(entry, (secret) => undoing(secret));
    }
    if (rotation.phase === "create") return this.#create(entry, rotation.version);
    if (rotation.phase === "set") return this.#setAndTest(entry, rotation);
    return this.#undo(entry, rotation.version);
  }

  async #begin(entry: Entry): Promise<Entry | undefined> {
    const { secret } = entry;
    const current = currentOf(secret);
    if (this.#offered && this.#value !== undefined && current?.digest === this.#digest(entry).digest) {
      // A backend that repeats a write whose answer was lost reports its own success as a conflict.
      this.#mine = { version: current.version, replaced: previousOf(secret).at(-1)?.version };
      return entry;
    }
    this.#assertAllowed(secret);
    const { create, set, test } = this.#hooks;
    const mine = { version: secret.newest + 1, replaced: current?.version };
    if (this.#value === undefined && create === undefined)
      this.#value = readValue("generate", this.#tools.generate(), secret.kind);
    const candidate = this.#value === undefined ? undefined : this.#digest(entry);
    if (candidate !== undefined) assertNew("value", secret, candidate);
    this.#offered = true;
    const { graceMs } = this.#options;
    const journal = { hooks: hookNames(this.#hooks), graceMs, onOverlap: this.#onOverlap };
    const direct = candidate !== undefined && set === undefined && test === undefined;
    const saved = await this.#save(entry, (settledSecret, change) =>
      direct
        ? this.#commit(settledSecret, mine.version, candidate, change)
        : begun(settledSecret, candidate, journal, change),
    );
    if (saved !== undefined) this.#mine = mine;
    return saved;
  }

  /** Takes up a rotation found in the journal, where its candidate's value is known or can still be made. */
  #adopt(entry: Entry, { phase, version }: StoredRotation): boolean {
    const asked = this.#options.value !== undefined;
    if (phase === "create" ? asked : !this.#recognise(entry, version, asked)) return false;
    this.#mine = { version, replaced: currentOf(entry.secret)?.version };
    this.#resumed = true;
    return true;
  }

  /** Is the pending candidate the value that this call has, or one that the record still tells? */
  #recognise(entry: Entry, version: number, asked: boolean): boolean {
    const pending = versionOf(entry.secret, version);
    const known = [this.#value, asked ? undefined : pending?.value].find(
      (value) => value !== undefined && this.#digest(entry, value).digest === pending?.digest,
    );
    if (known === undefined) return false;
    this.#value = known;
    return true;
  }

  async #create(entry: Entry, version: number): Promise<Entry | undefined> {
    const { create } = this.#hooks;
    const made = await this.#attempt("create", async () => {
      this.#value = readValue(
        "create",
        (await create?.(this.#context(entry.secret, version))) ?? "",
        entry.secret.kind,
      );
      assertNew("create", entry.secret, this.#digest(entry));
    });
    if (!made) {
      this.#value = undefined;
      return this.#save(entry, (secret) => undoing(secret));
    }
    return this.#save(entry, (secret) => candidateMade(secret, version, this.#digest(entry)));
  }

  async #setAndTest(entry: Entry, { version, attempt }: StoredRotation): Promise<Entry | undefined> {
    const { set, test } = this.#hooks;
    const value = this.#value ?? "";
    const candidate = new Secret(value, { name: this.#name, version });
    const context = { ...this.#context(entry.secret, version), candidate };
    const accepted =
      (await this.#attempt("set", () => set?.(context))) &&
      (await this.#attempt("test", async () => {
        if ((await test?.(context)) === false) throw new Error("refused");
      }));
    if (!accepted && attempt === 1) return this.#save(entry, (secret) => retrying(secret));
    this.#refused = !accepted;
    if (!accepted) return this.#save(entry, (secret) => undoing(secret));
    this.#failed = undefined;
    return this.#save(entry, (secret, change) => this.#commit(secret, version, this.#digest(entry), change));
  }

  async #undo(entry: Entry, version: number): Promise<Entry | undefined> {
    const failed = this.#failed;
    const done = await this.#attempt("undo", () => this.#hooks.undo?.(this.#context(entry.secret, version)));
    if (!done) throw rotationFailed(this.#name, failed === undefined ? "undo" : `${failed}, undo`);
    const saved = await this.#save(entry, (secret, change) => undone(secret, version, change));
    if (saved !== undefined && this.#refused && !this.#replaced && this.#options.value === undefined) {
      // What the other side refuses twice it would refuse for ever. It gets one other.
      this.#replaced = true;
      this.#mine = this.#value = undefined;
      this.#offered = this.#resumed = false;
    }
    return saved;
  }

  async #finish(secret: StoredSecret, version: number): Promise<Entry> {
    const done = await this.#attempt("finish", () => this.#hooks.finish?.(this.#context(secret, version)));
    if (!done) throw rotationFailed(this.#name, "finish");
    const isOurs = ({ rotation }: StoredSecret): boolean =>
      rotation?.version === version && rotation.phase === "finish";
    const { records } = this.#tools;
    return records.update(this.#name, (now) => (isOurs(now) ? finished(now) : now), this.#options.signal);
  }

  /** What became of this call's rotation, now that it is no longer on its way. */
  async #conclude(entry: Entry, mine: OwnRotation): Promise<RotateResult> {
    const { secret } = entry;
    const value = this.#value ?? versionOf(secret, mine.version)?.value;
    if (value === undefined || !stands(secret, mine, this.#digest(entry, value).digest)) {
      if (this.#failed !== undefined) throw rotationFailed(this.#name, this.#failed);
      throw versionConflict(this.#name, mine.version, currentOf(secret)?.version);
    }
    // From the commit on nothing may cost the caller the new value, so what goes wrong here is told in the result.
    const finishes =
      secret.rotation === undefined ||
      this.#finish(secret, mine.version).then(
        () => true,
        () => false,
      );
    return {
      version: mine.version,
      previous: mine.replaced,
      previousExpiresAtMs: windowOf(secret, mine),
      secret: new Secret(value, { name: this.#name, version: mine.version }),
      resumed: this.#resumed,
      finished: await finishes,
    };
  }

  /** Runs one hook. What it throws may quote the value, so only the step's name is kept. */
  async #attempt(step: string, work: () => Awaitable<void>): Promise<boolean> {
    const { signal } = this.#options;
    try {
      await abortable(signal, work);
      return true;
    } catch {
      signal?.throwIfAborted();
      this.#failed = step;
      return false;
    }
  }

  #commit(secret: StoredSecret, version: number, candidate: Candidate, change: Change): StoredSecret {
    const { graceMs } = this.#options;
    const finish = this.#hooks.finish !== undefined;
    return committed(secret, version, candidate, { ...change, graceMs, onOverlap: this.#onOverlap, finish });
  }

  /** Refuses a rotation that must not take place, before anything is done for it. */
  #assertAllowed(secret: StoredSecret): void {
    assertCurrent(secret, this.#options.ifVersion);
    assertRoom(settled(secret, this.#tools.time.now()), this.#onOverlap);
  }

  async #save(
    entry: Entry,
    next: (secret: StoredSecret, change: Change) => StoredSecret,
  ): Promise<Entry | undefined> {
    const { by, why, signal } = this.#options;
    const now = this.#tools.time.now();
    const changed = next(settled(entry.secret, now), { now, by, why });
    const written = await this.#tools.records.write(changed, entry.revision, signal);
    if ("entry" in written) return written.entry;
    this.#conflicts += 1;
    if (this.#conflicts === MOST_CONFLICTS) throw written.conflict;
    return undefined;
  }

  #load(): Promise<Entry> {
    return this.#tools.records.load(this.#name, this.#options.signal);
  }

  #digest(entry: Entry, value: string = this.#value ?? ""): Candidate {
    return { value, ...digestValue(entry.secret.key, value) };
  }

  #context(secret: StoredSecret, version: number): RotationContext {
    // What this call was given is not the candidate of a rotation that it takes back for another.
    const own = this.#mine?.version === version ? this.#value : undefined;
    return rotationContext(secret, version, own, this.#options.signal);
  }
}
