/**
 * Verdicts over HTTP: what Argo Rollouts, Flagger and CI servers ask before they move traffic.
 *
 * @packageDocumentation
 */

export type { VerdictAnswer, VerdictHandler, VerdictHandlerOptions } from "./webhooks/verdict-handler.ts";
export { createVerdictHandler } from "./webhooks/verdict-handler.ts";
