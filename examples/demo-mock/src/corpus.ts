import type { SourceDocument } from "@keelson/index-store";

/** What must never be stored. */
export const rawValues: readonly string[] = ["admin@example.com", "536-90-4399", "+1 415 555 2671"];

/** What `policy` must be stored as. */
export const redactedPolicy = "Contact admin at [email], SSN on file [ssn].";

/** The four documents of the story. */
export const corpus: readonly SourceDocument[] = [
  { id: "policy", text: "Contact admin at admin@example.com, SSN on file 536-90-4399." },
  { id: "pricing", text: "The basic plan costs 20 dollars a month.", metadata: { topic: "plans" } },
  { id: "support", text: "Support is there from nine to five. Call +1 415 555 2671." },
  { id: "promo", text: "Spring promotion: two months for the price of one.", ttlMs: 5000 },
];

/** The source after somebody has raised the price. */
export const changedCorpus: readonly SourceDocument[] = corpus.map((document) =>
  document.id === "pricing" ? { ...document, text: "The basic plan costs 25 dollars a month." } : document,
);
