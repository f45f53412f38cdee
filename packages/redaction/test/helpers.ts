import { type Detector, type DetectorWindow, isKeelsonError, type KeelsonError } from "@keelson/core";
import { createRedactor } from "../src/index.ts";

/** What a set of detectors finds in a text, as `TYPE:value`. */
export async function found(text: string, detectors?: readonly Detector[]): Promise<string[]> {
  const { findings } = await createRedactor({ detectors }).redact(text);
  return findings.map(({ type, start, end }) => `${type}:${text.slice(start, end)}`);
}

/** A detector that takes its trigger for a find. */
export const literal = (type: string, trigger: string, more: Partial<Detector> = {}): Detector => ({
  type,
  triggers: [trigger],
  left: 0,
  right: trigger.length,
  verify: ({ start, end }: DetectorWindow) => ({ start, end, score: 0.9 }),
  ...more,
});

/** The error that a call throws or a promise rejects with. */
export async function errorOf(call: () => unknown): Promise<KeelsonError> {
  try {
    await call();
  } catch (error) {
    if (isKeelsonError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** A key for operators. */
export const KEY = { id: "k1", key: "a key of thirty-two bytes or more, for tests" };

// Put together here, so that no scanner of secrets takes this file for a leak.
const join = (...parts: string[]): string => parts.join("");

/** Secrets of nobody, each of the form its name says. */
export const SECRETS: Readonly<
  Record<"github" | "githubFine" | "aws" | "slack" | "stripe" | "google" | "vault" | "jwt" | "pem", string>
> = {
  github: join("gh", "p_", "q7Wk2ZxT9vLmR4sYbN8cJd3FhG6pKtUa1EoX"),
  githubFine: join(
    "github",
    "_pat_",
    "11ABCDEFG0q7Wk2ZxT9vLm",
    "_R4sYbN8cJd3FhG6pKtUa1EoXq7Wk2ZxT9vLmR4sYbN8cJd3FhG6pKtUa1Eo",
  ),
  aws: join("AK", "IA", "Q3Z7XKPLM2VN5TRW"),
  slack: join("xo", "xb-", "315304742801-873957802370-q7Wk2ZxT9vLmR4sYbN8cJd3F"),
  stripe: join("sk", "_live_", "q7Wk2ZxT9vLmR4sYbN8cJd3F"),
  google: join("AI", "za", "q7Wk2ZxT9vLmR4sYbN8cJd3FhG6pKtUa1Eo"),
  vault: join("hv", "s.", "CAESIq7Wk2ZxT9vLmR4sYbN8cJd3FhG6p"),
  jwt: join(
    "ey",
    "JhbGciOiJIUzI1NiJ9",
    ".",
    "eyJzdWIiOiIxMjM0In0",
    ".",
    "q7Wk2ZxT9vLmR4sYbN8cJd3FhG6pKtUa1EoX",
  ),
  pem: join(
    "-----BEGIN ",
    "PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END ",
    "PRIVATE KEY-----",
  ),
};
