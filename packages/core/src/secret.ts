/** Which value a {@link Secret} holds. Safe to print. */
export interface SecretRef {
  /** The secret's name. */
  readonly name: string;
  /** The version's number, from 1. */
  readonly version: number;
}

/**
 * A secret value that does not show itself. String conversion, template literals, JSON, `util.inspect`,
 * `console.log` and error messages give `[secret name@3]`; a structured clone carries name and version only.
 * {@link Secret.expose} is the one way out.
 *
 * It keeps values out of logs and files, not out of memory: a heap dump still holds them.
 *
 * @example
 * ```ts
 * import { Secret } from "@keelson/core";
 *
 * const key = new Secret("correct horse", { name: "api-key", version: 3 });
 * console.log(`${key}`); // [secret api-key@3]
 * console.log(JSON.stringify({ key })); // {"key":"[secret api-key@3]"}
 * console.log(key.expose().length); // 13
 * ```
 */
export class Secret implements SecretRef {
  readonly name: string;
  readonly version: number;
  readonly #value: string;

  constructor(value: string, ref: SecretRef) {
    this.name = ref.name;
    this.version = ref.version;
    this.#value = value;
    Object.freeze(this);
  }

  /** The value itself. Hand it straight to what needs it; do not keep or print it. */
  expose(): string {
    return this.#value;
  }

  /** `[secret name@version]`. */
  toString(): string {
    return `[secret ${this.name}@${this.version}]`;
  }

  /** `[secret name@version]`, so that serialising never writes the value. */
  toJSON(): string {
    return this.toString();
  }

  /** `[secret name@version]` in template literals, concatenation and comparison. */
  [Symbol.toPrimitive](): string {
    return this.toString();
  }

  static {
    // Node's util.inspect and console.log, at every depth. Set here because a class member may not be named by a call.
    Object.defineProperty(Secret.prototype, Symbol.for("nodejs.util.inspect.custom"), {
      value: Secret.prototype.toString,
    });
  }
}
