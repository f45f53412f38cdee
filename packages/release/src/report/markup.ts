import { visibleText } from "@keelson/core";

/** Text that is markup already: everything in it is escaped. */
export interface Markup {
  readonly markup: string;
}

/** What may stand in a template. Text and numbers are escaped, `undefined` is nothing. */
export type MarkupValue = Markup | string | number | undefined | readonly (Markup | string)[];

/** Builds HTML, SVG or XML from a template whose holes are escaped, in text and in quoted attributes alike. */
export function markup(strings: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  const parts = strings.map((text, i) => text + (i < values.length ? render(values[i]) : ""));
  return { markup: parts.join("") };
}

/** Markup that the caller vouches for: it comes from this package, not from a user. */
export function trusted(text: string): Markup {
  return { markup: text };
}

function render(value: MarkupValue): string {
  if (value === undefined) return "";
  if (typeof value === "object") return "markup" in value ? value.markup : value.map(render).join("");
  return escapeText(visibleText(String(value)));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
