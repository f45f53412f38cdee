import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

/** The names of the package folders. */
export const packages: readonly string[] = readdirSync(join(root, "packages")).toSorted();

/** The text of a file, by its path from the root. */
export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The files below a folder with that ending, as paths from the root. */
export function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !/(^|\/)(node_modules|dist|\.examples)\//.test(path))
    .toSorted();
}
