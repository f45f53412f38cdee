// Leaks a canary in every form, each of which the search must find.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";

test("leaks", () => {
  const canary = process.env.KEELSON_CANARY;
  const place = mkdtempSync(join(tmpdir(), "planted-"));
  console.log(`printed ${canary}`);
  console.error(Buffer.from(`printed ${canary}`).toString("hex"));
  writeFileSync(join(place, "utf16"), Buffer.from(`x${canary}`, "utf16le"));
  for (const before of ["", "1", "12"]) {
    writeFileSync(join(place, `base64-${before}`), Buffer.from(before + canary + before).toString("base64"));
    writeFileSync(
      join(place, `base64url-${before}`),
      Buffer.from(before + canary + before).toString("base64url"),
    );
  }
  rmSync(place, { recursive: true });
});
