import type { Awaitable } from "@keelson/core";
import type { Harness, Place } from "../conformance/conformance-case.ts";

/** One way for a plug-in to be wrong, as a change of one that is right. */
export interface Fault<S, H extends Harness<S> = Harness<S>> {
  /** `suite/what-is-wrong`. */
  readonly id: string;
  /** What the plug-in does wrong, as a sentence without its subject. */
  readonly title: string;
  /** Makes every subject of a harness wrong in this way. */
  apply(harness: H): H;
}

/** How to break a subject. */
export interface Breaking<S> {
  /** Wraps a subject when it is made, and when it is reopened. */
  readonly wrap?: (subject: S) => S;
  /** Does something to a subject when it is reopened. It may answer with another. `before` is the one that was closed. */
  readonly reopened?: (subject: S, before: S) => Awaitable<S | undefined>;
}

/** Makes a fault of a wrapper, or of what happens on reopening. */
export function createFault<S extends object, H extends Harness<S> = Harness<S>>(
  id: string,
  title: string,
  { wrap = (subject) => subject, reopened = () => undefined }: Breaking<S>,
): Fault<S, H> {
  return {
    id,
    title,
    apply(harness) {
      const originals = new WeakMap<object, S>();
      const wrapped = (subject: S): S => {
        const broken = wrap(subject);
        originals.set(broken, subject);
        return broken;
      };
      const original = (broken: S): S => originals.get(broken) ?? broken;
      const { reopen } = harness;
      return {
        ...harness,
        create: async (place: Place) => wrapped(await harness.create(place)),
        destroy: (subject: S, place: Place) => destroy(harness, original(subject), place),
        ...(reopen && {
          async reopen(subject: S, place: Place): Promise<S> {
            const fresh = await reopen(original(subject), place);
            return wrapped((await reopened(fresh, subject)) ?? fresh);
          },
        }),
      };
    },
  };
}

async function destroy<S>(harness: Harness<S>, subject: S, place: Place): Promise<void> {
  if (harness.destroy) await harness.destroy(subject, place);
  else if (
    typeof subject === "object" &&
    subject !== null &&
    "close" in subject &&
    typeof subject.close === "function"
  )
    await subject.close();
}
