import type { Block } from "./block.ts";
import type { Engine } from "./engine.ts";

/** What {@link Engine.contents} gives. */
export function* readContents(engine: Engine, most: number): Generator<Block> {
  const { tables, entries, secrets } = engine;
  // Decided on before the first part is out: a table that is dropped meanwhile is read on, one that is new is left out.
  for (const table of tables.values()) {
    const { name, dimension, metric, size } = table;
    yield { type: "collection", name, dimension, metric, size };
    for (let after: string | undefined; ; ) {
      const rows = table.part(after, most);
      if (rows.ids.length === 0) break;
      yield { type: "rows", collection: name, ...rows };
      after = rows.ids.at(-1);
    }
  }
  for (let after: string | undefined; ; ) {
    const part = entries.part(after, most);
    if (part.length === 0) break;
    yield { type: "entries", entries: part };
    after = part.at(-1)?.key;
  }
  for (let after: string | undefined; ; ) {
    const part = secrets.part(after, most, ({ bytes }) => bytes);
    if (part.length === 0) break;
    yield { type: "secrets", secrets: part };
    after = part.at(-1)?.name;
  }
  yield { type: "revision", revision: engine.revision };
}
