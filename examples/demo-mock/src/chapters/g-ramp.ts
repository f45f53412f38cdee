import type { Observation, Ramp, RampStatus, ReleaseManager } from "@keelson/release";
import type { World } from "../world.ts";

const BATCH = 200;
const MOST_REQUESTS = 50_000;

/** G. Traffic moves to a good version stage by stage, and away from a bad one early. */
export async function chapterG({ transcript }: World, releases: ReleaseManager): Promise<void> {
  const { chapter, say, fact } = transcript;
  chapter("G. A ramp on evidence");

  const good = await drive(await releases.ramp("v2-good", { by: "demo" }), () => false);
  say(`  v2-good: ${good.path.join(" -> ")}, ${good.status.state} after ${good.status.requests} requests`);
  fact("the ramp 1 -> 10 -> 50 -> 100 carries v2-good to live", (await releases.live())?.name === "v2-good");
  fact("every stage was taken in its order", good.path.join() === "1%,10%,50%,100%");
  fact("a user once served by the candidate stayed with it", good.sticky);

  const bad = await drive(await releases.ramp("v3-bad", { by: "demo" }), (request) => request % 10 < 3);
  const { exposed, requests, exposedShare, reason } = bad.status;
  say(`  v3-bad: ${bad.path.join(" -> ")}, ${bad.status.state}`);
  say(`    ${reason}`);
  say(`    it served ${exposed} of ${requests} requests, ${(100 * exposedShare).toFixed(2)}%`);
  fact(
    "v3-bad is rolled back in the first stage",
    bad.status.state === "rolledBack" && bad.status.stage === 0,
  );
  fact("it served about one request in a hundred", exposedShare > 0.005 && exposedShare < 0.015);
  fact("live stays v2-good, and nobody is sent to v3-bad", (await releases.live())?.name === "v2-good");
}

interface Drive {
  readonly status: RampStatus;
  /** The share of each stage that was seen, in order. */
  readonly path: readonly string[];
  /** Did every user of the candidate stay with it? */
  readonly sticky: boolean;
}

/** Sends requests of 10,000 users until the ramp has ended. The candidate fails where `fails` says so. */
async function drive(ramp: Ramp, fails: (candidateRequest: number) => boolean): Promise<Drive> {
  const path: string[] = [];
  const candidateUsers = new Set<string>();
  let candidateRequests = 0;
  let sticky = true;
  let status = await ramp.status();
  for (let sent = 0; status.state === "running" && sent < MOST_REQUESTS; sent += BATCH) {
    const share = `${100 * status.share}%`;
    if (path.at(-1) !== share) path.push(share);
    const observations: Observation[] = [];
    for (let request = sent; request < sent + BATCH; request++) {
      const key = `user-${(request * 7919) % 10_000}`;
      const { release, stage, variant } = ramp.assign(key);
      const isCandidate = variant === "candidate";
      if (isCandidate) candidateUsers.add(key);
      else if (candidateUsers.has(key)) sticky = false;
      const error = isCandidate && fails(candidateRequests++);
      observations.push({
        id: `${ramp.id}-${request}`,
        key,
        release,
        stage,
        latencyMs: 5,
        error,
        score: error ? null : 1,
      });
    }
    await ramp.observe(observations);
    status = await ramp.status();
  }
  // The end of the last stage is all of the traffic.
  if (status.state === "promoted") path.push("100%");
  return { status, path, sticky };
}
