/** A value, or how to get at it: what comes from a file is decoded when somebody first asks for it. */
export type Lazy<T> = T | (() => T);

/** The value itself. No value of a store is a function. */
export function evaluate<T extends string | number | boolean | object | null | undefined>(lazy: Lazy<T>): T {
  return typeof lazy === "function" ? lazy() : lazy;
}
