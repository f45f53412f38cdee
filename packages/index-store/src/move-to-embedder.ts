import type { IndexContext } from "./context.ts";
import { readHead } from "./head.ts";
import { type BuildOptions, buildGeneration } from "./rebuild.ts";

/** Moves the index to this handle's embedder, unless the one that made it is known. */
export async function moveToEmbedder(
  context: IndexContext,
  options: Omit<BuildOptions, "pipeline" | "live">,
): Promise<void> {
  const { live } = (await readHead(context, options.signal)).head;
  if (context.known.has(live.embedder)) return;
  await buildGeneration(context, { ...options, pipeline: { embedder: context.embedder }, live: true });
}
