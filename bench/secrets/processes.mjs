// Accepted after expireGrace returned, by another operating-system process over one backend: npm run processes
import { fork } from "node:child_process";
import { once } from "node:events";
import { createSecretStore, createVaultSecrets, startFakeVault } from "./build.mjs";

const ROTATIONS = 100;
const CALLS = 10;
const WINDOW_MS = 600_000;

if (process.send === undefined) await parent();
else await child();

/** Rotates, lets the other process accept both keys, ends the window, and at once lets it try the old key again. */
async function parent() {
  const vault = await startFakeVault();
  const backend = createVaultSecrets({ url: vault.url, token: vault.token });
  const store = createSecretStore({ backend });
  const other = fork(new URL(import.meta.url), [vault.url, vault.token]);
  const accepted = async (value) => {
    other.send(value);
    return (await once(other, "message"))[0];
  };
  await once(other, "message");
  let old = (await store.put("api", undefined, { kind: "verify" })).secret.expose();
  const result = { rotations: ROTATIONS, failed: 0, acceptedAfterEnd: 0, tries: 0 };
  for (let rotation = 0; rotation < ROTATIONS; rotation++) {
    const key = (await store.rotate("api", { graceMs: WINDOW_MS })).secret.expose();
    result.failed += 2 * CALLS - (await accepted(old)) - (await accepted(key));
    await store.expireGrace("api");
    result.acceptedAfterEnd += await accepted(old);
    result.failed += CALLS - (await accepted(key));
    result.tries += CALLS;
    old = key;
  }
  other.disconnect();
  vault.close();
  console.log(result);
}

/** Tells how many of ten calls accept what it is sent. */
async function child() {
  const [, , url, token] = process.argv;
  const store = createSecretStore({ backend: createVaultSecrets({ url, token }) });
  process.on("message", async (presented) => {
    let accepted = 0;
    for (let i = 0; i < CALLS; i++) if ((await store.verify("api", presented)).ok) accepted += 1;
    process.send(accepted);
  });
  process.send("ready");
}
