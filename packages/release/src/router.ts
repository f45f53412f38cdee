import type { AbortOptions, Bundle } from "@keelson/core";

/** Which release answers a request, and with what. Keep it for the whole request: it never changes. */
export interface Assignment {
  /** The release's name: what to observe the request as. */
  readonly release: string;
  /** The content id of its bundle. */
  readonly bundleId: string;
  /** The bundle itself, frozen. A request that began with it ends with it, whatever is promoted meanwhile. */
  readonly bundle: Bundle;
  /** `candidate` for the release of a ramp under way; the live release is the `baseline`. */
  readonly variant: "candidate" | "baseline";
  /**
   * The stage of the ramp under way in which its key was assigned. Absent where no key, or no ramp, decided. Observe the
   * request with it: it may be answered, or heard of, when the ramp is long in another stage.
   */
  readonly stage?: string | undefined;
}

/** What {@link ReleaseManager.router} takes. */
export interface RouterOptions extends AbortOptions {
  /**
   * Told when the record could not be read. The router goes on with what it knows, with a candidate until its lease has
   * run out; it keeps trying.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Says which release answers a request, without waiting. It follows the record: at once for changes made through the
 * same manager; for those of other processes by the state store's `watch` where it has one, by every `observe` and
 * `status` of a ramp, by `refresh`, and by reading it three times in every lease. It never goes back to an older state
 * of the record.
 *
 * A candidate is served on a lease: a process that could not read the record for `leaseMs` sends everybody to the live
 * release it knows, since a rollback may have passed it by.
 */
export interface Router {
  /**
   * Assigns a request. The same key always gets the same release while a ramp stays at its stage, and one that got the
   * candidate keeps it as the share grows: a key is in the share when MurmurHash3 x86 32-bit of its UTF-8 bytes,
   * with a seed taken from the candidate's bundle id, is below `share * 2^32`. Another candidate meets other keys
   * first, and a holdback is the keys of the highest hashes. Without a key the live release answers.
   *
   * @throws KeelsonError RELEASE_NOT_LIVE when nothing is live.
   */
  assign(key?: string): Assignment;

  /**
   * The candidate, where a ramp is in its shadow stage and the key is among those whose requests are copied: answer the
   * user by `assign`, run a copy of the request on this, and observe both with {@link Observation.shadow}. `undefined`
   * everywhere else. Which keys are copied has nothing to do with which are exposed first.
   */
  shadow(key?: string): Assignment | undefined;

  /**
   * What a request was assigned when it began, in another process or long ago: the same release and bundle, whatever is
   * live by now. A session or a chain of services hands the release's name on, and each of its parts asks here.
   *
   * @throws KeelsonError RELEASE_NOT_FOUND when no release of that name is registered.
   */
  pin(release: string, options?: AbortOptions): Promise<Assignment>;

  /** Reads the record now. */
  refresh(options?: AbortOptions): Promise<void>;

  /**
   * Stops following the record; until then a timer runs. `assign` goes on with what the router knows, with a candidate
   * until its lease has run out.
   */
  close(): void;
}
