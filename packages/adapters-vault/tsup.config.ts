import base from "../../tsup.base.ts";

// The private state machine becomes part of the published files.
export default { ...base, noExternal: ["@keelson/storage-engine"] };
