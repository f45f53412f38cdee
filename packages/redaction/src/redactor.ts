import {
  type AbortOptions,
  argumentInvalid,
  type Detector,
  type Json,
  KeelsonError,
  type Redaction,
  type Redactor,
} from "@keelson/core";
import { defaultDetectors } from "./detectors/default-detectors.ts";
import { compileDetectors, isType, TYPE_FORM } from "./engine/compile.ts";
import { createDocument, detect } from "./engine/document.ts";
import { createPlaceholderHider } from "./engine/placeholders.ts";
import { createWriter, type RedactionFinding, type Writer, type WrittenPiece } from "./engine/writer.ts";
import { runFinders } from "./finders/run-finders.ts";
import type { SpanFinder } from "./finders/span-finder.ts";
import { localeDetectors } from "./locales/locale-detectors.ts";
import type { Operator } from "./operators/operator.ts";
import { placeholder } from "./operators/placeholder.ts";
import { compilePaths, redactJson, type ValueRedaction } from "./redact-value.ts";
import { redactorId } from "./redactor-id.ts";
import { type DenyRule, denyDetector } from "./rules/deny-detector.ts";
import { compileRules, type ListRule, ruleText } from "./rules/list-rule.ts";

/** How to make a redactor. */
export interface RedactorOptions {
  /** What to look for, in order of precedence. Default: {@link defaultDetectors}. */
  readonly detectors?: readonly Detector[] | undefined;
  /**
   * Countries (ISO 3166: `GB`, `DE`, …) whose national numbers and telephone numbers are looked for as well. See
   * {@link localeDetectors} for what each has.
   */
  readonly locales?: readonly string[] | undefined;
  /** What becomes of a value. Default: {@link placeholder}. */
  readonly operator?: Operator | undefined;
  /** What becomes of values of some types, by type, where it is not `operator`. */
  readonly operators?: Readonly<Record<string, Operator>> | undefined;
  /** Values that are left although they look like findings. */
  readonly allow?: readonly ListRule[] | undefined;
  /** Values that are redacted although they look like nothing. They win over everything but `allow`. */
  readonly deny?: readonly DenyRule[] | undefined;
  /** Paths of JSON values that `redactValue` leaves as they are: `id`, `source.uri`, `items.*.sku`, `**.etag`. */
  readonly allowPaths?: readonly string[] | undefined;
  /** Models that find names and the like, after the detectors. */
  readonly finders?: readonly SpanFinder[] | undefined;
  /** Shall findings hold the values? Default `false`. It makes no other difference. */
  readonly includeValues?: boolean | undefined;
}

/** What redaction gives back, with all a redactor can say about its findings. */
export interface DetailedRedaction extends Redaction {
  /** What was replaced, by ascending `start`, without overlaps. */
  readonly findings: readonly RedactionFinding[];
}

/** How to redact a stream. */
export interface RedactionStreamOptions {
  /** Is told of every finding, in order. Its offsets count in the whole input and output. */
  readonly onFinding?: ((finding: RedactionFinding) => void) | undefined;
}

/** The redactor that {@link createRedactor} makes. */
export interface KeelsonRedactor extends Redactor {
  /**
   * Redacts one text: findings with offsets into input and output.
   *
   * @throws KeelsonError REDACTION_FAILED when a detector, finder, operator or list rule throws, claims something
   * outside what it was shown, answers nonsense, or goes over its budget.
   */
  redact(text: string, options?: AbortOptions): Promise<DetailedRedaction>;
  /**
   * Redacts a JSON value: strings, numbers and keys, lists element by element, the names of the keys as context. A
   * number that is found becomes a string.
   *
   * @throws KeelsonError VALUE_INVALID when it is no JSON, or nested to a depth of more than 256.
   * @throws KeelsonError REDACTION_FAILED as `redact` does.
   */
  redactValue(value: Json, options?: AbortOptions): Promise<ValueRedaction>;
  /**
   * A stream that redacts what goes through it. However the text is cut into chunks, what comes out is, put together,
   * what `redact` gives for the whole. It holds back what it can't decide yet: a few thousand code units, or an open
   * block of a private key of at most 64 thousand. It errors as `redact` rejects, and what it held back is lost.
   *
   * @throws KeelsonError CAPABILITY_UNSUPPORTED when the redactor has finders: they need the whole text.
   */
  stream(options?: RedactionStreamOptions): TransformStream<string, string>;
}

/** Refuses what would be turned into text: the numbers of bytes are no text in which anything is found. */
function assertText(text: unknown): void {
  if (typeof text !== "string") throw argumentInvalid("text", "is not a string; decode bytes first");
}

/**
 * Makes a redactor.
 *
 * @throws KeelsonError ARGUMENT_INVALID when a detector, finder, locale, list rule or path pattern is malformed.
 *
 * @example
 * ```ts
 * import { createRedactor } from "@keelson/redaction";
 *
 * const redactor = createRedactor();
 * const { text, findings } = await redactor.redact("Contact admin at admin@example.com, SSN on file 536-90-4399.");
 * console.log(text); // Contact admin at [email], SSN on file [ssn].
 * console.log(findings.length, findings[0]?.type); // 2 EMAIL
 * ```
 */
export function createRedactor(options: RedactorOptions = {}): KeelsonRedactor {
  const { allow = [], deny = [], allowPaths = [], finders = [], operators = {} } = options;
  const detectors = [
    ...deny.map(denyDetector),
    ...(options.detectors ?? defaultDetectors),
    ...localeDetectors(options.locales ?? []),
  ];
  const compiled = compileDetectors(detectors);
  const allowed = compileRules(allow);
  const isAllowedPath = compilePaths(allowPaths);
  const operator = options.operator ?? placeholder();
  for (const { types } of finders) {
    if (!types.every(isType)) throw argumentInvalid("finders", `have a type that is not ${TYPE_FORM}`);
  }
  const types = [...detectors.map(({ type }) => type), ...finders.flatMap((finder) => finder.types)];
  const hider = createPlaceholderHider(types.length === 0 ? ["NONE"] : types);

  const writing = {
    operatorOf: (type: string) => operators[type] ?? operator,
    includeValues: options.includeValues ?? false,
  };
  const rulesFor = ({ onNumbered }: Writer) => ({ compiled, hider, allowed, onNumbered });

  const redactNow = (text: string): WrittenPiece => {
    const writer = createWriter(writing);
    return writer.write(detect(text, rulesFor(writer)));
  };

  const redactWithFinders = async (text: string, abort: AbortOptions): Promise<WrittenPiece> => {
    const writer = createWriter(writing);
    const piece = detect(text, rulesFor(writer));
    const hidden = hider.hide(text, () => undefined);
    const found = await runFinders(finders, text, hidden, piece.found, allowed ?? (() => false), abort);
    return writer.write({ ...piece, found });
  };

  const redactText: (text: string, abort: AbortOptions) => WrittenPiece | Promise<WrittenPiece> =
    finders.length === 0 ? redactNow : redactWithFinders;

  return {
    specVersion: 1,
    id: redactorId(detectors, [
      operator.id,
      Object.entries(operators)
        .map(([type, { id }]) => [type, id])
        .sort(),
      allow.map(ruleText),
      allowPaths,
      finders.map(({ id, types }) => [id, types]),
    ]),
    async redact(text, abort = {}) {
      abort.signal?.throwIfAborted();
      assertText(text);
      return redactText(text, abort);
    },
    async redactValue(value, abort = {}) {
      abort.signal?.throwIfAborted();
      return redactJson(value, isAllowedPath, (text) => {
        abort.signal?.throwIfAborted();
        return redactText(text, abort);
      });
    },
    stream({ onFinding } = {}) {
      if (finders.length > 0) {
        throw new KeelsonError("CAPABILITY_UNSUPPORTED", "a stream can't be redacted with finders", {
          details: { capability: "stream with finders" },
        });
      }
      const writer = createWriter(writing);
      const document = createDocument(rulesFor(writer));
      const pass = (
        chunk: string,
        final: boolean,
        controller: TransformStreamDefaultController<string>,
      ): void => {
        assertText(chunk);
        const { text, findings } = writer.write(document.push(chunk, final));
        if (onFinding !== undefined) for (const finding of findings) onFinding(finding);
        if (text !== "") controller.enqueue(text);
      };
      return new TransformStream({
        transform: (chunk, controller) => pass(chunk, false, controller),
        flush: (controller) => pass("", true, controller),
      });
    },
  };
}
