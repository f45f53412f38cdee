/** What an operator is told about a value to replace. */
export interface OperatorInput {
  /** The kind of thing, in capitals: `EMAIL`, … */
  readonly type: string;
  /** How the type reads in a placeholder: `email`, … */
  readonly label: string;
  /** The value as it stands in the text. */
  readonly value: string;
  /** The value without disguise and notation: the same for every way to write it. */
  normalized(): string;
  /** The highest number of a numbered placeholder of that label that stood in the text up to here, or 0. */
  taken(label: string): number;
}

/**
 * What becomes of a value that was found. Use one of those here: a redactor knows what they put in and leaves it alone
 * the next time.
 */
export interface Operator {
  /** Names the operator with its options and key id, never the key. Part of the redactor's id. */
  readonly id: string;
  /** Begins a document. What it gives back is called for the findings of the document, in order. */
  begin(): (input: OperatorInput) => string;
}
