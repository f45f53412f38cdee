import type { Bundle, EvalRunner } from "@keelson/core";

/** What the mock model knows: questions and full answers. */
const knowledge: Readonly<Record<string, string>> = {
  "What does the basic plan cost?": "25 dollars",
  "Within how many days can I return it?": "Thirty",
  "Who keeps the records?": "The admin",
  "When is support there?": "Nine to five",
  "Is shipping free?": "Yes",
};

/** Answers by the bundle's prompt: told to be short, it cuts off what matters. */
function answer(bundle: Bundle, question: string): string {
  const full = knowledge[question] ?? "I don't know";
  return bundle.prompt === "Answer in one word." ? (full.split(" ")[0] ?? "") : full;
}

/** Scores 1 for the expected answer, 0 for any other. */
export function createMockEvals(): EvalRunner {
  return {
    specVersion: 1,
    id: "exact-answer@1",
    run: (bundle, { input, expected }) => ({
      score: answer(bundle, String(input)) === expected ? 1 : 0,
      latencyMs: 5,
      costUsd: 0.0001,
    }),
  };
}
