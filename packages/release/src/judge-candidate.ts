import { argumentInvalid, assertObject, type JsonObject } from "@keelson/core";
import { type CanaryOptions, runCanary } from "./canary.ts";
import { createCanaryLedger } from "./canary-ledger.ts";
import type { Context } from "./context.ts";
import { toJson } from "./head.ts";
import { notLive } from "./promote.ts";
import type { Release } from "./release.ts";
import type { Verdict } from "./verdict.ts";

/** A verdict with the count of moves it was made at. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly moves: number;
}

/** A canary of a registered candidate beside what is live, and its verdict put into the audit log. */
export async function judgeCandidate(
  { name, state, evals, keys, journal, releases }: Context,
  candidateName: string,
  options: CanaryOptions,
): Promise<Judgement> {
  assertObject(options);
  const { by, signal } = options;
  if (evals === undefined) {
    throw argumentInvalid("evals", "is missing: the manager was made without a runner");
  }
  const { head } = await journal.read([], { signal });
  if (head.live === null) throw notLive(name);
  const [candidate, baseline] = (await releases.find([candidateName, head.live], { signal })) as [
    Release,
    Release,
  ];
  const prefix = keys.canary(candidate.bundleId, baseline.bundleId, evals.id);
  const ledger = createCanaryLedger(state, prefix);
  const verdict = await runCanary({ evals, candidate, baseline, ledger }, options);
  const evidence: JsonObject = { verdict: verdict.verdict, ...(toJson(verdict.evidence) as JsonObject) };
  await journal.transact(
    [],
    () => ({
      result: undefined,
      events: [
        {
          type: "canaryJudged",
          release: candidate.name,
          previous: baseline.name,
          by,
          why: verdict.reason,
          evidence,
        },
      ],
    }),
    { signal },
  );
  return { verdict, moves: head.moves };
}
