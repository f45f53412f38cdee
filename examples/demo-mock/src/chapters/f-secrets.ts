import { createSecretStore } from "@keelson/secrets";
import type { World } from "../world.ts";

const HOUR_MS = 3_600_000;

/** F. A key is rotated without an outage, and its value is nowhere to be seen. */
export async function chapterF({ storage, clock, transcript, searchStored }: World): Promise<void> {
  const { chapter, say, fact } = transcript;
  chapter("F. A secret is rotated with a grace window");
  const secrets = createSecretStore({ ...storage, clock });
  const linesBefore = transcript.lines.length;

  const first = await secrets.put("api-key");
  const second = await secrets.rotate("api-key", { graceMs: HOUR_MS, by: "demo", why: "the story" });
  say(`  rotated ${first.secret} to ${second.secret}, grace one hour`);

  const old = await secrets.verify("api-key", first.secret);
  const current = await secrets.verify("api-key", second.secret);
  fact("inside the window the old key is accepted, as previous", old.ok && old.stage === "previous");
  fact("the new key is accepted, as current", current.ok && current.stage === "current");
  fact("a wrong key is refused", !(await secrets.verify("api-key", "guess")).ok);

  await clock.advance(HOUR_MS / 2);
  fact(
    "half an hour later the old key is still accepted",
    (await secrets.verify("api-key", first.secret)).ok,
  );
  await secrets.expireGrace("api-key", { by: "demo", why: "all consumers have moved" });
  fact("after expireGrace() the old key is refused", !(await secrets.verify("api-key", first.secret)).ok);
  fact("the new key goes on", (await secrets.verify("api-key", second.secret)).ok);

  const { versions } = await secrets.status("api-key");
  say(`  status: ${versions.map(({ version, stage }) => `version ${version} ${stage}`).join(", ")}`);
  const values = [first.secret.expose(), second.secret.expose()];
  const printed = transcript.lines.slice(linesBefore).join("\n");
  fact("no line printed shows a value", !values.some((value) => printed.includes(value)));
  const { found } = await searchStored(values);
  fact("no value stands readable in state, vectors, snapshots or a file", found.length === 0);
}
