import { createHash } from "node:crypto";

/**
 * What a sweep cannot do without, on the containers of the language: a map of entries, the keys in the order in which
 * they expire, a map of rows without gaps. No ledger commit, no intent, no check of anything, no turn given up.
 *
 * @param expiries The documents with when they expire, as the index got them.
 */
export function createPlainMaps(expiries) {
  const ledger = new Map();
  const rowOf = new Map();
  const rows = [];
  const order = [];
  for (const { id, expiresAtMs } of expiries) {
    const chunk = createHash("sha256").update(id).digest("base64url");
    ledger.set(id, { hash: chunk.slice(1), expiresAtMs, chunks: [{ id: chunk, hash: chunk.slice(2) }] });
    rowOf.set(chunk, rows.length);
    rows.push(chunk);
    order.push({ expiresAtMs, key: `${String(expiresAtMs).padStart(16, "0")}/${id}` });
  }
  order.sort((a, b) => a.expiresAtMs - b.expiresAtMs);
  let next = 0;
  const removeRow = (chunk) => {
    const row = rowOf.get(chunk);
    rowOf.delete(chunk);
    const last = rows.pop();
    if (last === chunk) return;
    rows[row] = last;
    rowOf.set(last, row);
  };

  return {
    /** The ids of what had expired. */
    sweep: (nowMs) => {
      const removed = [];
      for (; next < order.length && order[next].expiresAtMs <= nowMs; next++) {
        const id = order[next].key.slice(17);
        for (const { id: chunk } of ledger.get(id).chunks) removeRow(chunk);
        ledger.delete(id);
        removed.push(id);
      }
      return removed;
    },
  };
}
