/** A value, or a promise of it: what is at hand costs no turn of the event loop, which counts over 100,000 documents. */
export type MaybePromise<T> = T | Promise<T>;

/** Goes on with a value, at once where it is at hand. */
export function chain<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Makes a plug-in's answer one or the other. */
export function toMaybePromise<T>(answer: T | PromiseLike<T>): MaybePromise<T> {
  const thenable =
    typeof answer === "object" &&
    answer !== null &&
    typeof (answer as { then?: unknown }).then === "function";
  return thenable ? Promise.resolve(answer) : (answer as T);
}
