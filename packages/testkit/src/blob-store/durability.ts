import type { BlobStore } from "@keelson/core";
import { casesWhen } from "../conformance/cases-when.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { rejection } from "../conformance/outcome.ts";
import { awkwardStrings, byCodeUnits } from "../fixtures/strings.ts";
import { assertBytes, assertInfos, bytes, infosOf, pattern, putKeys } from "./subject.ts";

/** What is there after reopening. */
export const durabilityCases: readonly ConformanceCase<BlobStore>[] = casesWhen<BlobStore>(
  (_, context) => context.canReopen,
  [
    {
      id: "blob-store/put/durable",
      title: "has every acknowledged blob after reopening, whole",
      async run(blobs, context) {
        await blobs.put("replaced", bytes("old content, longer"));
        await putKeys(blobs, [...awkwardStrings, "replaced"]);
        const large = pattern(3 * 2 ** 20 + 1);
        await blobs.put("~large", large);
        const reopened = await context.reopen();
        for (const key of awkwardStrings) assertBytes(await reopened.get(key), bytes(key));
        assertBytes(await reopened.get("replaced"), bytes("replaced"));
        assertBytes(await reopened.get("~large"), large);
        await rejection("BLOB_EXISTS", () => reopened.put("plain", bytes("x"), { ifAbsent: true }));
        const keys = [...awkwardStrings, "replaced"].sort(byCodeUnits);
        const listed = await reopened.list("");
        assertInfos(
          listed.filter(({ key }) => key !== "~large"),
          infosOf(keys),
        );
      },
    },
    {
      id: "blob-store/delete/durable",
      title: "does not bring back what was deleted before reopening",
      async run(blobs, context) {
        await putKeys(blobs, ["a", "b"]);
        await blobs.delete("a");
        const reopened = await context.reopen();
        assertBytes(await reopened.get("a"), undefined);
        assertInfos(await reopened.list(""), infosOf(["b"]));
      },
    },
    {
      id: "blob-store/put/durable/concurrent",
      title: "has all of many blobs acknowledged at once after reopening",
      async run(blobs, context) {
        const keys = Array.from({ length: 30 }, (_, i) => `key ${i}`);
        await Promise.all(keys.map((key) => blobs.put(key, bytes(key))));
        const reopened = await context.reopen();
        assertInfos(await reopened.list(""), infosOf([...keys].sort(byCodeUnits)));
        for (const key of keys) assertBytes(await reopened.get(key), bytes(key));
      },
    },
  ],
);
