import { describe, expect, it } from "vitest";
import { codeOf, createSubject, paragraphs, type Subject } from "./support.ts";

/** Three snapshots of what changes, so that they share some packs and not others. */
async function createSnapshots(): Promise<Subject & { readonly ids: readonly string[] }> {
  const subject = await createSubject({ chunker: paragraphs });
  const { index, clock } = subject;
  const ids: string[] = [];
  for (let round = 0; round < 3; round++) {
    clock.setNow(clock.now() + 1);
    await index.upsert(
      Array.from({ length: 20 + round }, (_, i) => ({
        id: `d${i}`,
        text: i % 3 === round ? `round ${round}\n\ntext ${i}` : `text ${i}`,
      })),
    );
    ids.push((await index.snapshot()).id);
  }
  return { ...subject, ids };
}

describe("verify", () => {
  it("reads everything that a snapshot needs, and finds it well", async () => {
    const { index, ids } = await createSnapshots();
    for (const [round, snapshotId] of ids.entries()) {
      const report = await index.verify(snapshotId);
      expect(report).toMatchObject({ snapshotId, ok: true, faults: [], documents: 20 + round });
      const listed = (await index.snapshots()).find(({ id }) => id === snapshotId);
      expect(report.bytes).toBe(listed?.bytes);
    }
  });

  it("finds every object that was mutated, by its name: a flipped bit, missing, cut short, swapped", async () => {
    const { index, storage, ids } = await createSnapshots();
    const { blobs } = storage;
    const objects = await blobs.list("index/docs/");
    let mutations = 0;
    for (const { key } of objects) {
      const good = (await blobs.get(key)) as Uint8Array;
      const other = objects.find((each) => each.key !== key && each.key.split("/")[2] === key.split("/")[2]);
      const flipped = good.slice();
      flipped[(good.length * 7) % good.length] = (flipped[(good.length * 7) % good.length] ?? 0) ^ 4;
      const middle = good.slice();
      middle[good.length >> 1] = (middle[good.length >> 1] ?? 0) ^ 1;
      const mutated = [
        flipped,
        middle,
        good.slice(0, -1),
        new Uint8Array(0),
        (await blobs.get(other?.key ?? "")) as Uint8Array,
        undefined,
      ];
      for (const bytes of mutated) {
        if (bytes === undefined) await blobs.delete(key);
        else await blobs.put(key, bytes);
        const isManifest = key.includes("/snapshot/");
        if (isManifest && bytes === undefined) {
          expect(await codeOf(index.verify(key.split("/").at(-1) ?? ""))).toBe("SNAPSHOT_NOT_FOUND");
        } else {
          const reports = await Promise.all(
            ids.filter((id) => !isManifest || key.endsWith(id)).map(async (id) => await index.verify(id)),
          );
          const found = reports.flatMap(({ faults }) => faults.map(({ object }) => object));
          expect(found.length, key).toBeGreaterThan(0);
          expect(new Set(found)).toEqual(new Set([key]));
          expect(reports.every(({ ok, faults }) => ok === (faults.length === 0))).toBe(true);
        }
        mutations++;
      }
      await blobs.put(key, good);
    }
    expect(mutations).toBe(6 * objects.length);
    for (const id of ids) expect((await index.verify(id)).ok).toBe(true);
  });

  it("finds an older manifest of the same name that names fewer packs", async () => {
    const { index, storage, ids } = await createSnapshots();
    const key = `index/docs/snapshot/${ids[2]}`;
    const { manifest } = JSON.parse(new TextDecoder().decode(await storage.blobs.get(key)));
    const { canonical, digest } = await import("../src/digest.ts");
    const forged = { ...manifest, packs: manifest.packs.slice(1) };
    const bytes = canonical({ checksum: digest(canonical(forged)), manifest: forged });
    await storage.blobs.put(key, new TextEncoder().encode(bytes));
    expect(await index.verify(ids[2] ?? "")).toMatchObject({
      ok: false,
      faults: [{ object: key, reason: "its documents have another digest or number" }],
    });
  });

  it.each(["", "null", "5", '"manifest"', "{"])("finds a manifest of which %j is left", async (left) => {
    const { index, storage, ids } = await createSnapshots();
    const object = `index/docs/snapshot/${ids[2]}`;
    await storage.blobs.put(object, new TextEncoder().encode(left));
    expect(await index.verify(ids[2] ?? "")).toMatchObject({ ok: false, faults: [{ object }] });
  });

  it("rejects for a snapshot that there is not", async () => {
    const { index } = await createSubject();
    expect(await codeOf(index.verify("none"))).toBe("SNAPSHOT_NOT_FOUND");
  });
});
