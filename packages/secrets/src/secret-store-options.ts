import type { Clock, SecretBackend, StateStore } from "@keelson/core";
import type { ClockJump } from "./timekeeper.ts";

/**
 * What `createSecretStore` takes: a whole `Storage`, spread, or a `backend` by itself, with a `state` where there is
 * one. Never both a `secrets` and a `backend`.
 */
export type SecretStoreOptions = SecretStoreSettings &
  (
    | {
        /** Where the records are kept, by the name that a `Storage` has for it. */
        readonly secrets: SecretBackend;
        /** Not beside `secrets`. */
        readonly backend?: undefined;
      }
    | {
        /** Where the records are kept: a secret manager, say, which is no whole `Storage`. */
        readonly backend: SecretBackend;
        /** Not beside `backend`. */
        readonly secrets?: undefined;
      }
  );

/** What a secret store takes beside the place of its records. */
export interface SecretStoreSettings {
  /**
   * Where it is kept, apart from the records, what has ended for good and who uses what. A storage that is spread
   * brings it; give the same one to every process over the same records. A backend alone does without it, and then:
   *
   * - an older copy of a record that is put back into the backend brings back what was revoked since;
   * - `usage` tells of this process alone, and what it tells ends with it;
   * - `expireGrace` cannot tell who still uses a version, and refuses `ifUnusedForMs`.
   *
   * All else holds: rotation, deadlines, and that what was ended is refused everywhere from the next call on.
   */
  readonly state?: StateStore | undefined;
  /** Judges deadlines and stamps events. Default: the system clock. */
  readonly clock?: Clock | undefined;
  /**
   * Makes a value where none is given. It must be unguessable: at least 128 bits from a cryptographic source.
   * Default: 32 random bytes in base64url, 43 characters.
   */
  readonly generate?: (() => string) | undefined;
  /**
   * By how much the wall clock may go forward beyond the monotonic time that has passed between two calls. After a
   * greater jump the store goes on by monotonic time until the clock comes back or {@link SecretStore.trustClock} is
   * called: no window ends early by a wrong clock, and `rotate` opens none by it. A process that starts believes its
   * clock. Infinity turns it off. Default: one hour.
   */
  readonly maxJumpMs?: number | undefined;
  /** Told of what no call can report, since it was no reason to fail. It must not throw. Default: nobody is. */
  readonly onWarning?: ((warning: SecretWarning) => void) | undefined;
}

/**
 * What went wrong beside a call that went well.
 *
 * - `"clock-jumped"`: the wall clock went forward by more than `maxJumpMs`; told once a jump;
 * - `"usage-not-written"`: a use could not be stored. It is tried again a second later, and until then `expireGrace`
 *   in another process does not know of it;
 * - `"endings-not-written"`: the record was written, and what has ended by that not yet added to the state. The next
 *   call does it.
 */
export type SecretWarning =
  | ({ readonly type: "clock-jumped" } & ClockJump)
  | {
      readonly type: "usage-not-written" | "endings-not-written";
      readonly name: string;
      /** What the state store said. */
      readonly error: unknown;
    };
