import { type ErrorCode, type ErrorDetails, errorCodes } from "./error-codes.ts";

// A registered symbol, so that errors are recognised across two installed copies of this package.
const MARKER = Symbol.for("@keelson/core/KeelsonError");

/** What a {@link KeelsonError} is made with. */
export interface KeelsonErrorOptions<C extends ErrorCode> {
  /** The facts of this failure, of the shape its code has. */
  readonly details: ErrorDetails[C];
  /** The error that led to this one. It must hold no document text and no secret. */
  readonly cause?: unknown;
  /** Whether the same call may succeed later. Default: what {@link errorCodes} says of the code. */
  readonly retryable?: boolean | undefined;
  /** How long to wait before the same call is made again, in milliseconds, where somebody said. Default: nobody did. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * The one error class of Keelson. Decide by `code`, which is API, never by `message`, which is not. Neither message
 * nor details hold document text or a secret's value.
 *
 * @example
 * ```ts
 * import { isKeelsonError } from "@keelson/core";
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 *
 * const { state } = createMemoryStorage();
 * try {
 *   await state.commit([{ key: "counter", value: 2, expect: 1 }]);
 * } catch (error) {
 *   if (!isKeelsonError(error, "STATE_CONFLICT")) throw error;
 *   console.log(error.details.key, error.details.actual, error.retryable); // counter absent true
 * }
 * ```
 */
export class KeelsonError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name: "KeelsonError" = "KeelsonError";
  /** What went wrong, from the catalogue in {@link ErrorDetails}. */
  readonly code: C;
  /** The facts, of the shape the code has. */
  readonly details: ErrorDetails[C];
  /** May the same call succeed later without a change? */
  readonly retryable: boolean;
  /** How long to wait before that, in milliseconds. Absent where nobody said: a service that was asked too often does. */
  declare readonly retryAfterMs?: number | undefined;

  constructor(code: C, message: string, options: KeelsonErrorOptions<C>) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details;
    this.retryable = options.retryable ?? errorCodes[code].retryable;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    Object.defineProperty(this, MARKER, { value: true });
  }
}

/**
 * Is this a {@link KeelsonError}, and of that code? Works across two installed copies of this package, where
 * `instanceof` does not.
 */
export function isKeelsonError<C extends ErrorCode>(error: unknown, code: C): error is KeelsonError<C>;
export function isKeelsonError(error: unknown): error is AnyKeelsonError;
export function isKeelsonError(error: unknown, code?: ErrorCode): boolean {
  if (typeof error !== "object" || error === null || !(MARKER in error)) return false;
  return code === undefined || (error as { code?: unknown }).code === code;
}

/** A {@link KeelsonError} of any code, as a union: `switch (error.code)` narrows `error.details`. */
export type AnyKeelsonError = { [C in ErrorCode]: KeelsonError<C> }[ErrorCode];
