import type { FieldFilter, Filter, FilterPredicate, FilterScalar } from "./filter.ts";
import { KeelsonError } from "./keelson-error.ts";
import type { Json, JsonObject } from "./shared-types.ts";

type Path = readonly (string | number)[];
type FieldPredicate = (value: Json | undefined) => boolean;

const DEEPEST = 32;
const EMPTY: JsonObject = /* @__PURE__ */ Object.freeze({});

/**
 * Checks a filter and turns it into a predicate: the one meaning of {@link Filter}, which every adapter's own query
 * language must equal. Without a filter the predicate accepts everything.
 *
 * @throws {@link KeelsonError} FILTER_INVALID when the filter is malformed, with the path to the fault.
 */
export function compileFilter(filter: Filter | undefined): FilterPredicate {
  if (filter === undefined) return () => true;
  const accepts = compileNode(filter, [], 0);
  return (metadata) => accepts(metadata ?? EMPTY);
}

function compileNode(filter: Filter, path: Path, depth: number): (metadata: JsonObject) => boolean {
  if (depth > DEEPEST) throw invalid(path, `nested deeper than ${DEEPEST}`);
  if (!isObject(filter)) throw invalid(path, "not an object");
  if ("field" in filter) return compileField(filter, path);

  const [operator, ...others] = Object.keys(filter);
  if (operator === undefined || others.length > 0)
    throw invalid(path, "needs exactly one of field, and, or, not");
  if ("not" in filter) {
    const accepts = compileNode(filter.not, [...path, "not"], depth + 1);
    return (metadata) => !accepts(metadata);
  }
  if ("and" in filter) {
    const parts = compileList(filter.and, [...path, "and"], depth + 1);
    return (metadata) => parts.every((accepts) => accepts(metadata));
  }
  if ("or" in filter) {
    const parts = compileList(filter.or, [...path, "or"], depth + 1);
    return (metadata) => parts.some((accepts) => accepts(metadata));
  }
  throw invalid([...path, operator], "unknown operator, expected field, and, or, not");
}

function compileList(
  filters: readonly Filter[],
  path: Path,
  depth: number,
): ((metadata: JsonObject) => boolean)[] {
  if (!Array.isArray(filters)) throw invalid(path, "not a list");
  return filters.map((filter, i) => compileNode(filter, [...path, i], depth));
}

function compileField(filter: FieldFilter, path: Path): (metadata: JsonObject) => boolean {
  const { field, ...operators } = filter;
  const names = typeof field === "string" ? [field] : field;
  if (!Array.isArray(names) || names.length === 0 || names.some((name) => typeof name !== "string")) {
    throw invalid([...path, "field"], "not a name or a path of names");
  }
  const tests = Object.entries(operators).map(([operator, operand]) =>
    compileOperator(operator, operand, [...path, operator]),
  );
  if (tests.length === 0) throw invalid(path, "has no operator");
  // One test of one field is what most filters are, and runs for every record of a collection.
  const [test, ...moreTests] = tests as [FieldPredicate, ...FieldPredicate[]];
  const [name, ...moreNames] = names as [string, ...string[]];
  const find =
    moreNames.length === 0
      ? (metadata: JsonObject) => (Object.hasOwn(metadata, name) ? metadata[name] : undefined)
      : (metadata: JsonObject) => read(metadata, names);
  if (moreTests.length === 0) return (metadata) => test(find(metadata));
  return (metadata) => {
    const value = find(metadata);
    return tests.every((each) => each(value));
  };
}

function compileOperator(operator: string, operand: unknown, path: Path): FieldPredicate {
  switch (operator) {
    case "eq":
      return equals([scalar(operand, path)]);
    case "ne":
      return negate(equals([scalar(operand, path)]));
    case "in":
      return equals(scalars(operand, path));
    case "nin":
      return negate(equals(scalars(operand, path)));
    case "gt":
      return compares(comparable(operand, path), (a, b) => a > b);
    case "gte":
      return compares(comparable(operand, path), (a, b) => a >= b);
    case "lt":
      return compares(comparable(operand, path), (a, b) => a < b);
    case "lte":
      return compares(comparable(operand, path), (a, b) => a <= b);
    case "exists":
      if (typeof operand !== "boolean") throw invalid(path, "not true or false");
      return (value) => (value !== undefined) === operand;
    default:
      throw invalid(path, "unknown operator");
  }
}

function equals(operands: readonly FilterScalar[]): FieldPredicate {
  const [only] = operands;
  if (operands.length === 1) return anyElement((value) => value === only);
  const wanted: ReadonlySet<unknown> = new Set(operands);
  return anyElement((value) => wanted.has(value));
}

function compares(
  operand: number | string,
  holds: (a: number | string, b: number | string) => boolean,
): FieldPredicate {
  const type = typeof operand;
  return anyElement((value) => typeof value === type && holds(value as number | string, operand));
}

function anyElement(test: (value: Json) => boolean): FieldPredicate {
  return (value) => value !== undefined && (Array.isArray(value) ? value.some(test) : test(value));
}

function negate(test: FieldPredicate): FieldPredicate {
  return (value) => !test(value);
}

function read(metadata: JsonObject, names: readonly string[]): Json | undefined {
  let value: Json | undefined = metadata;
  for (const name of names) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = (value as JsonObject)[name];
  }
  return value;
}

function scalar(operand: unknown, path: Path): FilterScalar {
  if (operand === null || typeof operand === "string" || typeof operand === "boolean") return operand;
  if (typeof operand === "number" && Number.isFinite(operand)) return operand;
  throw invalid(path, "not a string, finite number, boolean or null");
}

function scalars(operand: unknown, path: Path): FilterScalar[] {
  if (!Array.isArray(operand)) throw invalid(path, "not a list");
  return operand.map((element, i) => scalar(element, [...path, i]));
}

function comparable(operand: unknown, path: Path): number | string {
  if (typeof operand === "string" || (typeof operand === "number" && Number.isFinite(operand)))
    return operand;
  throw invalid(path, "not a string or finite number");
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(path: Path, reason: string): KeelsonError<"FILTER_INVALID"> {
  const place = path.length === 0 ? "the filter" : `the filter at ${path.join(".")}`;
  return new KeelsonError("FILTER_INVALID", `${place}: ${reason}`, { details: { path, reason } });
}
