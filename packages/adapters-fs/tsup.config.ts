import base from "../../tsup.base.ts";

// The private state machine becomes part of the published files.
export default { ...base, entry: ["src/index.ts", "src/bin.ts"], noExternal: ["@keelson/storage-engine"] };
