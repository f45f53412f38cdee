import { argumentInvalid, assertObject } from "@keelson/core";
import type { FoundSpan, SpanFinder } from "./span-finder.ts";

/** The part of a compromise view that the finder uses. */
export interface CompromiseView {
  /** The matches as JSON, with their offsets. */
  json(options: { readonly offset: true; readonly terms: false }): unknown;
}

/** The part of a compromise document that the finder uses. */
export interface CompromiseDocument {
  /** Names of people. */
  people(): CompromiseView;
  /** Names of places. */
  places(): CompromiseView;
  /** Names of organisations. */
  organizations(): CompromiseView;
}

/** What {@link compromiseFinder} takes. */
export interface CompromiseFinderOptions {
  /** compromise itself (version 14): `import nlp from "compromise"`. */
  readonly nlp: (text: string) => CompromiseDocument;
  /** What to look for. Default: `PERSON` alone; of the others it finds too little, or too much. */
  readonly types?: readonly ("PERSON" | "LOCATION" | "ORGANIZATION")[] | undefined;
  /** Names the version and lexicon of compromise in the redactor's id. Default `"14"`. */
  readonly version?: string | undefined;
}

const VIEWS = {
  PERSON: (document: CompromiseDocument) => document.people(),
  LOCATION: (document: CompromiseDocument) => document.places(),
  ORGANIZATION: (document: CompromiseDocument) => document.organizations(),
};

interface Piece {
  readonly text: string;
  readonly offset: { readonly start: number; readonly length: number };
}

/**
 * Finds names by the word rules of compromise: offline, English, and no substitute for a model. It finds about three
 * names of four in clean text, and half of them in posts.
 *
 * @throws KeelsonError ARGUMENT_INVALID when `nlp` is no function, or a type is none of the three.
 *
 * @example
 * ```ts
 * import { compromiseFinder, createRedactor } from "@keelson/redaction";
 * import nlp from "compromise";
 *
 * const redactor = createRedactor({ finders: [compromiseFinder({ nlp })] });
 * console.log((await redactor.redact("Yesterday Ada Lovelace wrote from ada@example.com.")).text);
 * // Yesterday [person] wrote from [email].
 * ```
 */
export function compromiseFinder(options: CompromiseFinderOptions): SpanFinder {
  assertObject(options);
  const { nlp, types = ["PERSON"], version = "14" } = options;
  if (typeof nlp !== "function") throw argumentInvalid("nlp", "is no function");
  if (!types.every((type) => Object.hasOwn(VIEWS, type)))
    throw argumentInvalid("types", `are not all of ${Object.keys(VIEWS).join(", ")}`);
  return {
    id: `compromise@${version}`,
    types,
    find(text) {
      const document = nlp(text);
      return types.flatMap((type) =>
        (VIEWS[type](document).json({ offset: true, terms: false }) as Piece[]).flatMap(
          ({ offset }): FoundSpan[] => {
            const piece = text.slice(offset.start, offset.start + offset.length);
            const value = piece.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");
            if (value === "") return [];
            const start = offset.start + piece.indexOf(value);
            return [{ type, start, end: start + value.length, score: 0.5 }];
          },
        ),
      );
    },
  };
}
