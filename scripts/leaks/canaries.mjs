// Puts canaries where the tests have secrets, and an ear where a value would be seen that no file holds.
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The values and keys that are generated: as long as ever, and they begin with the canary. */
const GENERATED = {
  "packages/secrets/src/digest.ts": [
    'return randomBytes(BYTES).toString("base64url");',
    (canary) =>
      `keelsonSeen("made", "a key or value"); return "${canary}" + randomBytes(BYTES).toString("base64url").slice(${canary.length});`,
  ],
  "packages/secrets/src/webhooks/webhook-scheme.ts": [
    'return WHSEC + randomBytes(32).toString("base64");',
    (canary) =>
      `keelsonSeen("made", "a webhook secret"); return WHSEC + Buffer.from("${canary}" + randomBytes(4).toString("hex")).toString("base64");`,
  ],
};

/** Where what is in no file can be seen: before this code. */
const SEEN = {
  "packages/core/src/keelson-error.ts": [
    "Object.defineProperty(this, MARKER, { value: true });",
    'keelsonSeen("errors", this);',
  ],
  "packages/secrets/src/audit.ts": [
    "return shortened({ ...log, events: [...log.events,",
    'keelsonSeen("audit", linked);',
  ],
  "packages/release/src/audit-event.ts": [
    "return { ...event, hash: hashEvent(event) };",
    'keelsonSeen("audit", event);',
  ],
  "packages/storage-engine/src/create-state-store.ts": [
    "const owned = ownChanges(changes);",
    'keelsonSeen("state", changes);',
  ],
  "packages/adapters-memory/src/memory-blobs.ts": [
    "blobs.set(key, {",
    'keelsonSeen("blobs", key); keelsonSeen("blobs", bytes);',
  ],
  "packages/testkit/src/file-system/simulated-file-system.ts": [
    'const asked = (await consultOpen({ name: "write", path, position, bytes }))',
    'keelsonSeen("disk", path); keelsonSeen("disk", bytes);',
  ],
};

/**
 * The values that tests and conformance suites use as secrets, where they stand. Each becomes one with the canary in it,
 * the same everywhere, so that the tests still hold.
 */
const GIVEN = [
  ["/test/", "0123456789-0123456789", (canary) => `${canary}-0123456789`],
  ["/test/", "hunter2", (canary) => `hunter-${canary}`],
  ["/test/", "canary-value", (canary) => `value-${canary}`],
  ["/packages/testkit/src/", "planted-value-7f3a", (canary) => `planted-${canary}`],
  ["/packages/core/test/secret.test.ts", "q7Zp-T3x9-wK5v-canary", (canary) => `${canary}-canary`],
  ["/packages/redaction/test/", "a key of thirty-two bytes or more", (canary) => `a key ${canary} of bytes`],
  ["/packages/redaction/test/", "another key of thirty-two", (canary) => `another key ${canary}`],
  ["/packages/adapters-vault/test/", "hvs.fake-root-token", (canary) => `hvs.${canary}`],
  ["/packages/adapters-aws-secrets-manager/test/", "wJalrXUtnFEMI/K7MDENG", (canary) => `${canary}/K7MDENG`],
  ["/packages/adapters-aws-secrets-manager/test/", 'payload("session")', (canary) => `payload("${canary}")`],
  ["/packages/adapters-s3/test/", 'secretAccessKey: "fake"', (canary) => `secretAccessKey: "${canary}"`],
  ["/packages/adapters-fs/test/", "correct horse battery staple", (canary) => `correct horse ${canary}`],
  ["/packages/adapters-fs/test/master-key-rotation", "`value of ", (canary) => `\`${canary} of `],
  ["/packages/adapters-fs/test/random-writes", "`secret ", (canary) => `\`${canary} `],
  ["/packages/embedders/test/", "k-123", (canary) => `k-${canary}`],
  ["/packages/release/test/webhooks/", "s3cre", (canary) => `s3${canary}cre`],
];

const SEE =
  'const keelsonSeen = (channel, value) => globalThis[Symbol.for("keelson.seen")]?.(channel, value);\n';

/** A plug-in of vite. Fails where the code it reckons with is no more. */
export function createCanaries(canary) {
  return {
    name: "canaries",
    enforce: "pre",
    transform(code, id) {
      if (id.includes("/node_modules/") || !id.startsWith(root)) return undefined;
      const path = id.slice(root.length);
      const [place, next] = GENERATED[path] ?? SEEN[path] ?? [];
      if (place !== undefined) {
        if (!code.includes(place)) throw new Error(`${path} is written in another way now`);
        return SEE + code.replace(place, typeof next === "string" ? `${next} ${place}` : next(canary));
      }
      const given = GIVEN.filter(([where, value]) => id.includes(where) && code.includes(value));
      if (given.length === 0) return undefined;
      const made = given
        .map((each) => `keelsonSeen("made", ${JSON.stringify(each[0] + each[1])});\n`)
        .join("");
      return SEE + made + given.reduce((text, [, value, next]) => text.replaceAll(value, next(canary)), code);
    },
  };
}
