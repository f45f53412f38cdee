/**
 * Text that shows all it holds, for a terminal, a log or a report: control characters as their pictures, and as U+FFFD
 * whatever XML can't hold or would make the rest read in another order, as directional overrides do.
 */
export function visibleText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{NChar}\p{Bidi_Control}\u2028\u2029\ufeff]/gu, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "\u2421" : "\ufffd";
  });
}
