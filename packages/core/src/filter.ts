import type { JsonObject } from "./shared-types.ts";

/** What a filter compares fields with. */
export type FilterScalar = string | number | boolean | null;

/**
 * Conditions on one metadata field, all of which must hold. A field that holds a list meets `eq`, `in`, `gt`, `gte`,
 * `lt` and `lte` when any element does. A field that is not there meets only `ne`, `nin` and `exists: false`.
 */
export interface FieldFilter {
  /** The field's name, or the path to a nested one. A dot is a plain character: `["acl", "group"]` is the path. */
  readonly field: string | readonly string[];
  /** Equal, in type and value. `null` is met by a stored `null`, not by a missing field. */
  readonly eq?: FilterScalar;
  /** The opposite of `eq`. */
  readonly ne?: FilterScalar;
  /** Equal to one of these. */
  readonly in?: readonly FilterScalar[];
  /** The opposite of `in`. */
  readonly nin?: readonly FilterScalar[];
  /** Greater. Numbers compare with numbers, strings with strings by UTF-16 code units; other types never meet it. */
  readonly gt?: number | string;
  /** Greater or equal. */
  readonly gte?: number | string;
  /** Less. */
  readonly lt?: number | string;
  /** Less or equal. */
  readonly lte?: number | string;
  /** Is the field there, `null` included? */
  readonly exists?: boolean;
}

/**
 * A condition on metadata, as plain JSON. Nested to a depth of 32 at the most.
 *
 * @example
 * ```ts
 * import { compileFilter, type Filter } from "@keelson/core";
 *
 * const filter: Filter = {
 *   and: [{ field: "tenant", eq: "acme" }, { field: "year", gte: 2020, lt: 2025 }, { not: { field: "tags", in: ["draft"] } }],
 * };
 * const accepts = compileFilter(filter);
 * console.log(accepts({ tenant: "acme", year: 2024, tags: ["final"] })); // true
 * console.log(accepts({ tenant: "acme", year: 2024, tags: ["draft"] })); // false
 * ```
 */
export type Filter =
  | FieldFilter
  /** All of these; an empty list accepts everything. */
  | { readonly and: readonly Filter[] }
  /** At least one of these; an empty list accepts nothing. */
  | { readonly or: readonly Filter[] }
  /** Not this. */
  | { readonly not: Filter };

/** Decides whether metadata meets a filter. Missing metadata counts as an empty object. */
export type FilterPredicate = (metadata: JsonObject | undefined) => boolean;
