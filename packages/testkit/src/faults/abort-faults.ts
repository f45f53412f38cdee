import type { Harness } from "../conformance/conformance-case.ts";
import { patch } from "../tools/patch.ts";
import { createFault, type Fault } from "./fault.ts";

type Method = (...args: unknown[]) => unknown;

/** The ways to be wrong about a signal, which are the same for every interface. */
export function abortFaults<S extends object, H extends Harness<S> = Harness<S>>(
  suite: string,
): Fault<S, H>[] {
  return [
    createFault<S, H>(`${suite}/ignores-the-signal`, "does not look at the signal", {
      wrap: (subject) => mapMethods(subject, (method, args) => method(...args.map(withoutSignal))),
    }),
    createFault<S, H>(
      `${suite}/wraps-the-reason`,
      "rejects with an error of its own whose cause is signal.reason",
      {
        wrap: (subject) =>
          mapMethods(subject, (method, args) =>
            caught(method, args, (error) => {
              throw new Error("the operation was aborted", { cause: error });
            }),
          ),
      },
    ),
    createFault<S, H>(`${suite}/swallows-the-abort`, "answers undefined when it was aborted", {
      wrap: (subject) => mapMethods(subject, (method, args) => caught(method, args, () => undefined)),
    }),
    createFault<S, H>(
      `${suite}/answers-at-once-though-aborted`,
      "answers at once when it was aborted already",
      {
        wrap: (subject) =>
          mapMethods(subject, (method, args) => (signalOf(args)?.aborted ? undefined : method(...args))),
      },
    ),
  ];
}

/** One more for those who write: a call that only reads leaves nothing to see. */
export function writerAbortFaults<S extends object>(suite: string): Fault<S>[] {
  return [
    ...abortFaults<S>(suite),
    createFault<S>(
      `${suite}/acts-before-it-looks`,
      "does its work before it looks whether it was aborted already",
      {
        wrap: (subject) =>
          mapMethods(subject, async (method, args) => {
            const signal = signalOf(args);
            const wasAborted = signal?.aborted === true;
            const answer = await method(...args.map(wasAborted ? withoutSignal : (arg) => arg));
            if (wasAborted) throw signal?.reason;
            return answer;
          }),
      },
    ),
  ];
}

/** Puts every method that takes options behind `call`, those of opened collections too. */
export function mapMethods<S extends object>(
  subject: S,
  call: (method: Method, args: unknown[]) => unknown,
): S {
  const replacements: Record<string, Method> = {};
  for (const [name, member] of Object.entries(patch(subject, {}))) {
    if (typeof member !== "function" || name === "watch") continue;
    replacements[name] = (...args) => {
      const answer = call(member as Method, args);
      return name === "open" ? mapOpened(answer, call) : answer;
    };
  }
  return patch(subject, replacements as Partial<S>);
}

async function mapOpened(
  answer: unknown,
  call: (method: Method, args: unknown[]) => unknown,
): Promise<unknown> {
  const collection = await answer;
  return typeof collection === "object" && collection !== null ? mapMethods(collection, call) : collection;
}

async function caught(
  method: Method,
  args: unknown[],
  handle: (error: unknown) => unknown,
): Promise<unknown> {
  const signal = signalOf(args);
  try {
    return await method(...args);
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return handle(error);
    throw error;
  }
}

function signalOf(args: readonly unknown[]): AbortSignal | undefined {
  const options = args.find(
    (arg): arg is { signal?: AbortSignal } => typeof arg === "object" && arg !== null && "signal" in arg,
  );
  return options?.signal;
}

function withoutSignal(arg: unknown): unknown {
  if (typeof arg !== "object" || arg === null || !("signal" in arg)) return arg;
  return { ...arg, signal: undefined };
}
