// The character classes are spelled out, not taken from Unicode properties: \p{L}, toLowerCase and normalize follow
// the Unicode version of the runtime, and the same text must give the same vector on every one.

// Letters with case, accents or compatibility forms, in blocks whose mappings no longer change.
const FOLDED =
  /[\u00aa-\u052f\u0531-\u0587\u1100-\u11ff\u1e00-\u1fff\u200b-\u200d\u2060\u2100-\u218b\u3040-\u30ff\uac00-\ud7a3\ufb00-\ufb06\uff00-\uffef]+/g;
const DROPPED = /[\u00ad\u200b-\u200d\u2060]|[\u0300-\u036f]/g;

// Scripts written without spaces (Thai to Khmer, Kana, Han) and pictographs: every character is a word.
const SPACELESS =
  "\\u0e00-\\u0eff\\u1000-\\u1049\\u1050-\\u109f\\u1780-\\u17d3\\u3005-\\u3007\\u3021-\\u302f\\u3031-\\u303c\\u3040-\\u30fa\\u30fc-\\u30ff" +
  "\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{1b000}-\\u{1b16f}\\u{1f000}-\\u{1faff}\\u{20000}-\\u{3ffff}";

const SEPARATORS =
  "\\u0000-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u00a9\\u00ab-\\u00b4\\u00b6-\\u00b9\\u00bb-\\u00bf\\u00d7\\u00f7" +
  "\\u02c2-\\u02df\\u0375\\u037e\\u0387\\u055a-\\u055f\\u0589\\u058a\\u05be\\u05c0\\u05c3\\u05c6\\u05f3\\u05f4\\u0600-\\u060f\\u061b-\\u061f" +
  "\\u066a-\\u066d\\u06d4\\u0964\\u0965\\u104a-\\u104f\\u1360-\\u1368\\u1680\\u17d4-\\u17da\\u2000-\\u206f\\u20a0-\\u20cf" +
  "\\u2190-\\u2bff\\u2e00-\\u2e7f\\u3000-\\u3004\\u3008-\\u3020\\u3030\\u303d-\\u303f\\u30fb" +
  "\\ud800-\\uf8ff\\ufe00-\\ufe6f\\ufeff\\uff00-\\uff0f\\uff1a-\\uff20\\uff3b-\\uff40\\uff5b-\\uff65\\uffe0-\\uffff" +
  "\\u{e0000}-\\u{10ffff}";

const WORD = new RegExp(`[${SPACELESS}]|[^${SEPARATORS}${SPACELESS}]+`, "gu");

const CAPITALS = /[A-Z]+/g;

/**
 * The words of a text in order, in lower case and without accents. Apostrophes divide. A character of a script that
 * is written without spaces is a word.
 */
export function tokenize(text: string): readonly string[] {
  const folded = text.replace(FOLDED, fold).replace(CAPITALS, (run) => run.toLowerCase());
  return folded.match(WORD) ?? [];
}

function fold(run: string): string {
  // Lower case first, for capitals whose small letter decomposes; small final sigma is the same letter as sigma.
  const small = run.normalize("NFKD").toLowerCase().normalize("NFKD");
  return small.replace(DROPPED, "").replaceAll("\u03c2", "\u03c3").normalize("NFC");
}
