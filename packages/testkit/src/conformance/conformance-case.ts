import type { Awaitable, Clock } from "@keelson/core";

/** Where the subject of one case may keep what it stores. Every case has a place of its own. */
export interface Place {
  /** Lower-case letters, digits and `-`, different for every case of every run: a schema, bucket or table prefix. */
  readonly name: string;
  /** An empty temporary directory, made when first asked for and removed after the case. */
  directory(): string;
}

/** Says how to make the plug-in under test. */
export interface Harness<S> {
  /** Makes a fresh, empty subject that shares nothing with any other. Called once a case. */
  create(place: Place): Awaitable<S>;
  /**
   * Opens what the subject stored once more, as the next process would: close it first, or drop it as a crash
   * would. Must be there for a subject that says it is durable.
   */
  reopen?(subject: S, place: Place): Awaitable<S>;
  /** Releases the subject after its case. Default: calls its `close` where it has one. */
  destroy?(subject: S, place: Place): Awaitable<void>;
  /** Used only to wait for what may take a while, such as a watch. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/** What a case is given beside the subject. */
export interface CaseContext<S, H extends Harness<S> = Harness<S>> {
  /** The harness itself, for the examples some suites need. */
  readonly harness: H;
  /** Can the subject be reopened? */
  readonly canReopen: boolean;
  /** Reopens the subject, which must not be used afterwards. */
  reopen(): Promise<S>;
  /** Waits until the assertion holds, trying again every few milliseconds; after about 5 seconds its error counts. */
  eventually(assertion: () => Awaitable<void>): Promise<void>;
}

/** One fact a plug-in must satisfy. It uses `node:assert` only and knows no test runner. */
export interface ConformanceCase<S, H extends Harness<S> = Harness<S>> {
  /** `suite/method/situation`, with one part more where a situation has several. Stable: faults and reports name it. */
  readonly id: string;
  /** The fact, as a sentence. */
  readonly title: string;
  /** Does the case apply, by what the subject says of itself? Default: always. */
  when?(subject: S, context: CaseContext<S, H>): Awaitable<boolean>;
  /** Rejects when the subject is wrong. */
  run(subject: S, context: CaseContext<S, H>): Awaitable<void>;
}
