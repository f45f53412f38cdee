// Assembles kernel.wat into kernel-bytes.ts, so that the bytes travel inside the bundles, and the sources run without
// a build. A test compares the two.
import { readFileSync, writeFileSync } from "node:fs";
import wabt from "wabt";

const file = (name) => new URL(`src/kernel/${name}`, import.meta.url);

const { parseWat } = await wabt();
const { buffer } = parseWat("kernel.wat", readFileSync(file("kernel.wat"), "utf8"), { simd: true }).toBinary(
  {},
);
writeFileSync(
  file("kernel-bytes.ts"),
  `// Made of kernel.wat by build-kernel.mjs.

/** The WebAssembly module, in base64. */
export const kernelBytes =
  "${Buffer.from(buffer).toString("base64")}";
`,
);
