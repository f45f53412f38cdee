import { assertJson, type Json, type JsonObject, KeelsonError } from "@keelson/core";
import type { RedactionFinding, WrittenPiece } from "./engine/writer.ts";

/** A finding in a JSON value. Its offsets count in the string that stands at `path`, or in the key itself. */
export interface ValueFinding extends RedactionFinding {
  /** The keys and indexes that lead to it in the input. */
  readonly path: readonly (string | number)[];
  /** Was it found in the last key of the path, and not in the value there? */
  readonly inKey?: true | undefined;
}

/** What redaction of a JSON value gives back. */
export interface ValueRedaction {
  /** The value with every finding replaced, of the same shape. */
  readonly value: Json;
  /** What was replaced, in the order of the value. */
  readonly findings: readonly ValueFinding[];
}

type Path = readonly (string | number)[];
type RedactText = (text: string) => WrittenPiece | Promise<WrittenPiece>;

/**
 * Makes a test of paths. A pattern is keys and indexes joined by dots; `*` stands for one of them, `**` for any number.
 *
 * @throws KeelsonError ARGUMENT_INVALID when a pattern has an empty part.
 */
export function compilePaths(patterns: readonly string[]): (path: Path) => boolean {
  const compiled = patterns.map((pattern) => pattern.split("."));
  if (compiled.some((parts) => parts.includes(""))) {
    throw new KeelsonError("ARGUMENT_INVALID", "a path pattern has an empty part", {
      details: { argument: "allowPaths", reason: "a pattern has an empty part" },
    });
  }
  return (path) => compiled.some((parts) => matches(parts, path));
}

/** Only the last `**` is ever tried again, so that the work is that of the path times the pattern. */
function matches(parts: readonly string[], path: Path): boolean {
  let [part, place] = [0, 0];
  let retry: { readonly part: number; place: number } | undefined;
  while (place < path.length) {
    if (parts[part] === "**") {
      part += 1;
      retry = { part, place };
    } else if (parts[part] === "*" || parts[part] === String(path[place])) {
      part += 1;
      place += 1;
    } else if (retry !== undefined) {
      retry.place += 1;
      ({ part, place } = retry);
    } else return false;
  }
  return parts.slice(part).every((rest) => rest === "**");
}

/** The keys around a value as they read in front of it: `{ user: { ssn: … } }` reads `user ssn: "…"`. */
function contextOf(path: Path): string {
  const keys = path.filter((part): part is string => typeof part === "string").slice(-2);
  const words = keys.map((key) => key.replace(/([a-z\d])([A-Z])/g, "$1_$2").slice(0, 64));
  return keys.length === 0 ? "" : `${words.join(" ")}: "`;
}

/** Redacts strings, numbers and keys of a JSON value, wherever they stand in it. */
export async function redactJson(
  value: Json,
  isAllowedPath: (path: Path) => boolean,
  redactText: RedactText,
): Promise<ValueRedaction> {
  // What is no JSON would go through unlooked at, or come out empty.
  assertJson(value);
  const findings: ValueFinding[] = [];

  const redactString = async (text: string, path: Path): Promise<string> => {
    const context = contextOf(path);
    const written = await redactText(context === "" ? text : `${context}${text}"`);
    let output = "";
    let copied = 0;
    let shift = 0;
    for (const finding of written.findings) {
      const start = Math.max(0, finding.start - context.length);
      const end = Math.min(text.length, finding.end - context.length);
      // What was found in the keys alone is redacted there.
      if (end <= start) continue;
      const replacement = written.text.slice(finding.outputStart, finding.outputEnd);
      output += text.slice(copied, start);
      shift = output.length;
      output += replacement;
      copied = end;
      const valueThere = finding.value === undefined ? {} : { value: text.slice(start, end) };
      findings.push({
        ...finding,
        ...valueThere,
        start,
        end,
        outputStart: shift,
        outputEnd: output.length,
        path,
      });
    }
    return output + text.slice(copied);
  };

  const redactKey = async (key: string, path: Path, taken: ReadonlySet<string>): Promise<string> => {
    const written = await redactText(key);
    for (const finding of written.findings) findings.push({ ...finding, path, inKey: true });
    let name = written.text;
    // Two keys may read alike now; none is lost.
    for (let count = 2; taken.has(name); count += 1) name = `${written.text} ${count}`;
    return name;
  };

  const visit = async (part: Json, path: Path): Promise<Json> => {
    if (isAllowedPath(path)) return part;
    if (typeof part === "string") return redactString(part, path);
    if (typeof part === "number") {
      const text = String(part);
      const redacted = await redactString(text, path);
      return redacted === text ? part : redacted;
    }
    if (Array.isArray(part)) {
      const items: Json[] = [];
      for (const [index, item] of (part as readonly Json[]).entries())
        items.push(await visit(item, [...path, index]));
      return items;
    }
    if (typeof part !== "object" || part === null) return part;
    const entries: [string, Json][] = [];
    const taken = new Set<string>();
    for (const [key, item] of Object.entries(part as JsonObject)) {
      const here = [...path, key];
      const name = isAllowedPath(here) ? key : await redactKey(key, here, taken);
      taken.add(name);
      entries.push([name, await visit(item, here)]);
    }
    return Object.fromEntries(entries);
  };

  return { value: await visit(value, []), findings };
}
