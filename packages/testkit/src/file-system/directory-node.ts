import type { FileNode } from "./file-node.ts";
import { systemError } from "./system-error.ts";

/** What a name may stand for. */
export type FileSystemNode = FileNode | DirectoryNode;

/** A name that was given to a node, or taken away where `node` is `undefined`, and is not on the medium for sure. */
export interface NameChange {
  /** When it happened, counted over the whole filesystem. */
  readonly order: number;
  readonly name: string;
  readonly node: FileSystemNode | undefined;
  /** Of a rename the new name: without it, the old one is not lost. */
  readonly requires: { readonly directory: DirectoryNode; readonly change: NameChange } | undefined;
}

/** A directory without its own name. */
export interface DirectoryNode {
  readonly kind: "directory";
  /** As running processes see it. */
  readonly names: ReadonlyMap<string, FileSystemNode>;
  /** As it is on the medium for sure. */
  readonly synced: ReadonlyMap<string, FileSystemNode>;
  /** What is not, by name and oldest first: a filesystem keeps the order of what happens to one name. */
  readonly uncertain: ReadonlyMap<string, readonly NameChange[]>;
  set(change: NameChange): void;
  /** Writes one name to the medium as it was after `change`. */
  settle(change: NameChange): void;
  sync(): void;
}

/** @param content Is on the medium. */
export function createDirectoryNode(content: ReadonlyMap<string, FileSystemNode> = new Map()): DirectoryNode {
  const names = new Map(content);
  const synced = new Map(content);
  const uncertain = new Map<string, NameChange[]>();

  const settle = (change: NameChange): void => {
    const changes = uncertain.get(change.name);
    const at = changes?.indexOf(change) ?? -1;
    if (changes === undefined || at === -1) return;
    if (at === changes.length - 1) uncertain.delete(change.name);
    else uncertain.set(change.name, changes.slice(at + 1));
    if (change.node === undefined) synced.delete(change.name);
    else synced.set(change.name, change.node);
    change.requires?.directory.settle(change.requires.change);
  };
  return {
    kind: "directory",
    names,
    synced,
    uncertain,
    set: (change) => {
      if (change.node === undefined) names.delete(change.name);
      else names.set(change.name, change.node);
      uncertain.set(change.name, [...(uncertain.get(change.name) ?? []), change]);
    },
    settle,
    sync: () => {
      for (const changes of [...uncertain.values()]) for (const change of changes) settle(change);
    },
  };
}

/** What a path leads to, `undefined` where it leads nowhere. */
export function lookUp(root: DirectoryNode, path: string): FileSystemNode | undefined {
  let node: FileSystemNode | undefined = root;
  for (const name of path.split("/").filter((each) => each !== "")) {
    if (node?.kind !== "directory") return undefined;
    node = node.names.get(name);
  }
  return node;
}

/** The directory of a path, and the path's last name. Throws `ENOENT` where there is none. */
export function parentOf(
  root: DirectoryNode,
  path: string,
): { readonly directory: DirectoryNode; readonly name: string } {
  const names = path.split("/").filter((each) => each !== "");
  const name = names.pop() ?? "";
  const directory = lookUp(root, names.join("/"));
  if (directory === undefined) throw systemError("ENOENT");
  if (directory.kind === "file") throw systemError("ENOTDIR");
  return { directory, name };
}

/** Every file below a directory as running processes see it, by path. */
export function* filesBelow(directory: DirectoryNode, prefix = ""): Generator<[string, FileNode]> {
  for (const [name, node] of directory.names) {
    if (node.kind === "file") yield [`${prefix}/${name}`, node];
    else yield* filesBelow(node, `${prefix}/${name}`);
  }
}
