/**
 * A copy of a plug-in with some of its members replaced. The others go on working on the original, whether it is an
 * object literal, a class instance or frozen.
 */
export function patch<T extends object>(subject: T, replacements: Partial<T>): T {
  const copy: Record<PropertyKey, unknown> = {};
  for (
    let level: object | null = subject;
    level !== null && level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const key of Reflect.ownKeys(level)) {
      if (key in copy || key === "constructor") continue;
      const member: unknown = Reflect.get(subject, key);
      copy[key] = typeof member === "function" ? member.bind(subject) : member;
    }
  }
  return Object.assign(copy, replacements) as T;
}
