// Documents made up from a seed: the values in them are of nobody, and their places are known.

/** A generator of numbers from 0 to 1 (mulberry32), so that every run sees the same documents. */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const WORDS =
  "the of and to in is that for it as was with be by on not this are or from at which but have an had they you were their one all we can her has there been if more when will would who so no said what up its about into than them only other new some could time these two may then do first any my now such like our over man me even most made after also did many before must through back years where much your way well down should because each just those people how too little state good very make world still own see men work long get here between both life being under never day same another know while last might us great old year off come since against go came right used take three".split(
    " ",
  );

const luhnDigit = (digits) => {
  let sum = 0;
  for (let at = digits.length - 1, double = true; at >= 0; at -= 1, double = !double) {
    const digit = Number(digits[at]) * (double ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return String((10 - (sum % 10)) % 10);
};

const mod97 = (text) =>
  [...text].reduce((rest, char) => Number(`${rest}${Number.parseInt(char, 36)}`) % 97, 0);

/** What makes values and documents. */
export function corpus(seed) {
  const next = random(seed);
  const int = (from, to) => from + Math.floor(next() * (to - from + 1));
  const pick = (list) => list[int(0, list.length - 1)];
  const digits = (count) => Array.from({ length: count }, () => int(0, 9)).join("");
  const chars = (count, set) => Array.from({ length: count }, () => pick(set)).join("");
  const hex = (count) => chars(count, "0123456789abcdef");
  const base62 = (count) => chars(count, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
  const grouped = (value, sizes, mark) => {
    const ends = sizes.map((_, count) => sizes.slice(0, count + 1).reduce((sum, size) => sum + size, 0));
    return ends.map((end, at) => value.slice(end - sizes[at], end)).join(mark);
  };
  const word = () => pick(WORDS);
  const sentence = (count) => {
    const text = Array.from({ length: count }, word).join(" ");
    return `${text[0].toUpperCase()}${text.slice(1)}.`;
  };
  // Names that no sentence has: what is left of one can then be told from a word.
  const name = () => Array.from({ length: 3 }, () => chars(1, "bdfgklmnprstvz") + chars(1, "aeiou")).join("");
  const nanp = () => [
    `${int(2, 9)}${int(0, 9)}${int(2, 9)}`,
    `${int(2, 9)}${int(2, 9)}${int(0, 9)}`,
    digits(4),
  ];

  const values = {
    EMAIL: () =>
      `${name()}.${name()}${int(1, 99)}@${name()}${pick(["-q", ""])}.${pick(["com", "org", "co.uk", "de", "io"])}`,
    US_SSN: () =>
      grouped(
        `${pick([1, 2, 3, 4, 5, 7])}${digits(2)}${int(10, 99)}${int(1000, 9999)}`,
        [3, 2, 4],
        pick(["-", " "]),
      ),
    CREDIT_CARD: () => {
      const body = pick([
        () => `4${digits(14)}`,
        () => `5${int(1, 5)}${digits(13)}`,
        () => `6011${digits(11)}`,
      ])();
      return grouped(body + luhnDigit(body), [4, 4, 4, 4], pick(["", " ", "-"]));
    },
    IBAN: () => {
      const [country, body] = pick([
        ["DE", () => digits(18)],
        ["GB", () => `NWBK${digits(14)}`],
        ["NL", () => `ABNA${digits(10)}`],
      ]);
      const account = body();
      const check = String(98 - mod97(`${account}${country}00`)).padStart(2, "0");
      const value = country + check + account;
      return pick([value, value.replace(/(.{4})(?=.)/g, "$1 ")]);
    },
    IP: () =>
      pick([
        () => [int(1, 223), int(0, 255), int(0, 255), int(1, 254)].join("."),
        () => `2001:db8:${hex(4)}::${hex(3)}1`,
      ])(),
    PHONE: () => {
      const [area, exchange, line] = nanp();
      return pick([
        `(${area}) ${exchange}-${line}`,
        `${area}-${exchange}-${line}`,
        `+1 ${area} ${exchange} ${line}`,
        `+44 20 7946 0${digits(3)}`,
        `+49 30 ${digits(7)}`,
      ]);
    },
    MAC: () => grouped(hex(12), [2, 2, 2, 2, 2, 2], pick([":", "-"])),
    SECRET: () =>
      pick([
        () => `gh${"p_"}${base62(36)}`,
        () => `AK${"IA"}${chars(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}`,
        () => `sk${"_live_"}${base62(24)}`,
        () => `npm${"_"}${base62(36)}`,
      ])(),
  };

  const frames = [
    (value) => `${sentence(4)} ${value} ${sentence(3)}`,
    (value, type) => `{"id":"${hex(8)}","${type.toLowerCase()}":"${value}"}`,
    (value) => `${int(1, 999)},${word()},${value},${word()}`,
    (value) => `| ${word()} | ${value} |`,
    (value) => `2024-03-${int(10, 28)} 12:${int(10, 59)}:${int(10, 59)} INFO ${word()} ${value} ${word()}`,
    (value) => `${word()}: ${value}`,
  ];
  const negatives = [
    () => `Order ORD-${digits(9)} of 2024-02-${int(10, 28)}, build ${int(1, 9)}.${int(0, 30)}.${int(0, 99)}.`,
    () => `{"ts":17${digits(11)},"trace":"${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}"}`,
    () => `commit ${hex(40)} by the ${word()} team`,
    () =>
      `ISBN 978-${int(0, 9)}-${digits(4)}-${digits(4)}-${int(0, 9)}, pages ${int(100, 200)}-${int(201, 400)}`,
    () => `ratio 0.${digits(16)} of ${digits(18)}`,
    () => `at 12:34:56 std::vector<int> and a::b, x @ y, @${word()}/${word()}`,
    () => `SKU-${digits(8)} lot ${digits(12)} section ${int(1, 9)}.${int(1, 9)}.${int(1, 9)}`,
  ];
  const disguises = {
    fullwidth: (value) => value.replace(/[!-~]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0)),
    "zero-width": (value) => `${value.slice(0, 4)}\u200b${value.slice(4)}`,
    "soft hyphen": (value) => `${value.slice(0, 5)}\u00ad${value.slice(5)}`,
    "no-break spaces": (value) => value.replaceAll(" ", "\u00a0"),
    "unicode dashes": (value) => value.replaceAll("-", "\u2011"),
    "at and dot": (value) => value.replace("@", " [at] ").replaceAll(".", " [dot] "),
    entity: (value) => value.replace("@", "&#64;"),
  };

  const dense = (count) =>
    Array.from({ length: count }, () => {
      const type = pick(Object.keys(values));
      const value = values[type]();
      return { type, value, text: pick(frames)(value, type) };
    });

  return {
    dense,
    /** Values in disguise, each where the disguise has something to change. */
    disguised: (count) =>
      Array.from({ length: count }, () => {
        const trick = pick(Object.keys(disguises));
        const types =
          trick.startsWith("at") || trick === "entity"
            ? ["EMAIL"]
            : ["EMAIL", "US_SSN", "CREDIT_CARD", "PHONE"];
        const type = pick(types);
        const value = disguises[trick](values[type]());
        return { type: trick, value, text: `${sentence(3)} ${value} ${sentence(3)}` };
      }),
    negatives: (count) => Array.from({ length: count }, () => pick(negatives)()),
    /** Running text with a value now and then. */
    prose: (length, every = 4_000) => {
      let text = "";
      let since = 0;
      while (text.length < length) {
        const piece = `${sentence(int(5, 25))} `;
        since += piece.length;
        text += piece;
        if (since > every) {
          text += `${values[pick(Object.keys(values))]()} `;
          since = 0;
        }
        if (next() < 0.1) text += "\n\n";
      }
      return text.slice(0, length);
    },
  };
}

/** Texts that bring backtracking to its knees when they are repeated. */
export const HOSTILE = [
  "a@",
  "a.",
  "1.",
  "1 ",
  "1-",
  "a-",
  "(1)",
  "+1",
  "4111 ",
  "1::",
  "http://",
  "a@a.",
  "<a",
  " dot ",
  "eyJ",
  "Ab ",
];
