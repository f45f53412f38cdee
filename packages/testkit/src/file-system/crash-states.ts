import { createHash } from "node:crypto";
import { createNumbers } from "../fixtures/vectors.ts";
import {
  createDirectoryNode,
  type DirectoryNode,
  type FileSystemNode,
  type NameChange,
} from "./directory-node.ts";
import { type ContentChange, createFileNode, type FileNode } from "./file-node.ts";

/** What {@link crashStates} takes. */
export interface CrashStatesInput {
  readonly root: DirectoryNode;
  readonly sectorBytes: number;
  readonly limit: number;
  readonly seed: number;
}

/** One thing that is open until the power is back: of so many ways it takes one, the first where nothing was written. */
interface Choice {
  /** When it came up: what is newest is tried first. */
  readonly order: number;
  readonly ways: number;
}

interface NameChoice extends Choice {
  readonly directory: DirectoryNode;
  readonly changes: readonly NameChange[];
}

/** Says which way each choice takes. */
type Picks = ReadonlyMap<unknown, number>;

/**
 * The trees that a power cut may leave. All of them where there are at most `limit`; else each single deviation from
 * all written and from nothing written, newest first, then a sample. No two are alike.
 */
export function crashStates({ root, sectorBytes, limit, seed }: CrashStatesInput): DirectoryNode[] {
  const { names, contents } = openChoices(root);
  const choices: [unknown, Choice][] = [
    ...names.map((choice): [unknown, Choice] => [choice.changes, choice]),
    ...contents.map((change): [unknown, Choice] => [
      change,
      { order: change.order, ways: change.fates.length },
    ]),
  ];
  choices.sort(([, a], [, b]) => b.order - a.order);

  const states = new Map<string, DirectoryNode>();
  for (const ways of combinations(choices, limit, seed)) {
    if (states.size >= limit) break;
    const picks = new Map(choices.map(([key], i) => [key, ways[i] as number]));
    const state = build(root, sectorBytes, keepRenamesWhole(names, picks));
    const print = fingerprint(state);
    if (!states.has(print)) states.set(print, state);
  }
  return [...states.values()];
}

/** A copy of the tree as running processes see it, all of it on the medium. */
export function copyTree(root: DirectoryNode, sectorBytes: number): DirectoryNode {
  return copyOf(
    root,
    sectorBytes,
    (directory) => directory.names,
    (file) => file.read(file.size, 0),
  );
}

function openChoices(root: DirectoryNode): { names: NameChoice[]; contents: ContentChange[] } {
  const names: NameChoice[] = [];
  const contents: ContentChange[] = [];
  const seen = new Set<FileSystemNode>();
  const visit = (node: FileSystemNode | undefined): void => {
    if (node === undefined || seen.has(node)) return;
    seen.add(node);
    if (node.kind === "file") {
      contents.push(...node.uncertain());
      return;
    }
    for (const changes of node.uncertain.values()) {
      const order = changes.at(-1)?.order ?? 0;
      names.push({ directory: node, changes, order, ways: changes.length + 1 });
      for (const change of changes) visit(change.node);
    }
    for (const child of node.synced.values()) visit(child);
  };
  visit(root);
  return { names, contents };
}

function* combinations(
  choices: readonly (readonly [unknown, Choice])[],
  limit: number,
  seed: number,
): Generator<number[]> {
  const ways = choices.map(([, choice]) => choice.ways);
  if (ways.reduce((product, each) => product * each, 1) <= limit) {
    yield* everyCombination(ways);
    return;
  }
  const [nothing, all] = [ways.map(() => 0), ways.map((each) => each - 1)];
  yield nothing;
  yield all;
  for (const [at, count] of ways.entries())
    for (let way = 0; way < count; way++) {
      yield all.with(at, way);
      yield nothing.with(at, way);
    }
  const next = createNumbers(seed);
  // Many draws build the same tree, so the tries are bounded, not the trees alone.
  for (let tries = 0; tries < 4 * limit; tries++) yield ways.map((each) => Math.floor(next() * each));
}

function* everyCombination(ways: readonly number[]): Generator<number[]> {
  const [first, ...rest] = ways;
  if (first === undefined) {
    yield [];
    return;
  }
  for (const others of everyCombination(rest)) for (let way = 0; way < first; way++) yield [way, ...others];
}

/** A rename may leave both names, never none: where the new one is missing, the old one stays. */
function keepRenamesWhole(names: readonly NameChoice[], picks: Picks): Picks {
  const kept = new Map(picks);
  const isWritten = ({ directory, change }: NonNullable<NameChange["requires"]>): boolean => {
    const changes = directory.uncertain.get(change.name) ?? [];
    const at = changes.indexOf(change);
    return at === -1 || (kept.get(changes) ?? 0) > at;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const { changes } of names) {
      const written = kept.get(changes) ?? 0;
      const broken = changes.findIndex(
        ({ requires }, at) => at < written && requires !== undefined && !isWritten(requires),
      );
      if (broken === -1) continue;
      kept.set(changes, broken);
      changed = true;
    }
  }
  return kept;
}

function build(root: DirectoryNode, sectorBytes: number, picks: Picks): DirectoryNode {
  return copyOf(
    root,
    sectorBytes,
    (directory) => {
      const names = new Map(directory.synced);
      for (const [name, changes] of directory.uncertain) {
        const last = changes[(picks.get(changes) ?? 0) - 1];
        if (last === undefined) continue;
        if (last.node === undefined) names.delete(name);
        else names.set(name, last.node);
      }
      return names;
    },
    (file) => file.image((change) => picks.get(change) ?? 0),
  );
}

function copyOf(
  root: DirectoryNode,
  sectorBytes: number,
  namesOf: (directory: DirectoryNode) => ReadonlyMap<string, FileSystemNode>,
  contentOf: (file: FileNode) => Uint8Array,
): DirectoryNode {
  // One copy a file, however many names it has.
  const copies = new Map<FileNode, FileNode>();
  const copyFile = (file: FileNode): FileNode => {
    const copy = copies.get(file) ?? createFileNode(sectorBytes, contentOf(file), file.mode);
    copies.set(file, copy);
    return copy;
  };
  const copyDirectory = (directory: DirectoryNode): DirectoryNode =>
    createDirectoryNode(
      new Map(
        [...namesOf(directory)].map(([name, node]) => [
          name,
          node.kind === "file" ? copyFile(node) : copyDirectory(node),
        ]),
      ),
    );
  return copyDirectory(root);
}

function fingerprint(root: DirectoryNode): string {
  const hash = createHash("sha1");
  const add = (node: FileSystemNode, path: string): void => {
    hash.update(`${path}\0${node.kind}\0`);
    if (node.kind === "file") hash.update(`${node.size}\0`).update(node.read(node.size, 0));
    else
      for (const name of [...node.names.keys()].sort())
        add(node.names.get(name) as FileSystemNode, `${path}/${name}`);
  };
  add(root, "");
  return hash.digest("base64");
}
