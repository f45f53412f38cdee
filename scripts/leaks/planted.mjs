// Leaks a canary in every form and by every channel, each of which the search must find. See `PLANTED` in leaks.mjs.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { createMemoryStorage } from "@keelson/adapters-memory";
import { KeelsonError } from "@keelson/core";
import { createReleaseManager } from "@keelson/release";
import { createSecretStore } from "@keelson/secrets";
import { createSimulatedFileSystem } from "@keelson/testkit/file-system";
import { test } from "vitest";

const canary = process.env.KEELSON_CANARY ?? "";
const bytes = Buffer.from(canary);
const escaped = (before) => [...canary].map((each) => before + each.charCodeAt(0).toString(16)).join("");

/** By the means that a program would write it with, and not by those that the search knows it by. */
const FORMS = {
  "UTF-8": canary,
  reversed: [...canary].reverse().join(""),
  "UTF-16LE": Buffer.from(`x${canary}`, "utf16le"),
  "UTF-16BE": Buffer.from(`x${canary}`, "utf16le").swap16(),
  hexadecimal: bytes.toString("hex"),
  HEXADECIMAL: bytes.toString("hex").toUpperCase(),
  "spaced hexadecimal": inspect(bytes),
  "URL-encoded": escaped("%").toUpperCase(),
  "url-encoded": escaped("%"),
  "JSON escapes": `"${escaped("\\u00")}"`,
  "a list of bytes": JSON.stringify(bytes),
  "a spaced list of bytes": `[${[...bytes].join(", ")}]`,
  ...Object.fromEntries(
    ["base64", "base64url"].flatMap((encoding) =>
      ["", "1", "12"].map((around, i) => [
        `${encoding}+${i}`,
        Buffer.from(around + canary + around).toString(encoding),
      ]),
    ),
  ),
  // JSON.parse quotes so much of what it cannot read.
  half: canary.slice(3, 18),
};

test("leaks", async () => {
  const place = mkdtempSync(join(tmpdir(), "planted-"));
  for (const [form, text] of Object.entries(FORMS)) writeFileSync(join(place, form), text);
  writeFileSync(join(place, `named-${canary}`), "");
  rmSync(place, { recursive: true });

  process.stdout.write(`printed ${canary}\n`);
  console.error(`printed ${canary}`);

  new KeelsonError("ARGUMENT_INVALID", "quotes nothing", {
    details: { argument: "value", reason: "quotes nothing" },
    cause: new TypeError(`not a number: ${canary}`),
  });

  const storage = createMemoryStorage();
  const secrets = createSecretStore(storage);
  await secrets.put("api", undefined, { by: `somebody who pastes ${canary}` });
  await storage.state.commit([{ key: "careless", value: [canary] }]);
  await storage.blobs.put("careless", bytes);
  const releases = createReleaseManager({
    ...storage,
    evals: { specVersion: 1, id: "none" },
    name: "answers",
  });
  await releases.register("v1", { prompt: "Answer.", model: { name: "mock" } });
  await releases.promote("v1", { by: `somebody who pastes ${bytes.toString("hex")}` });

  const file = await createSimulatedFileSystem().open("/log", "create");
  await file.write(bytes, 0);
});
