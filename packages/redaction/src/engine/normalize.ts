import { plainAddress } from "../detectors/spelled-email.ts";

/** A value without notation: what is the same however it is written. The value has no disguise of single characters. */
export function normalizeValue(type: string, value: string): string {
  switch (type) {
    case "EMAIL":
      return plainAddress(value.replace(/&#(?:0*64|x0*40);|%40/gi, "@")).toLowerCase();
    case "PHONE": {
      const digits = value.replace(/(?:x|ext|#).*$/i, "").replace(/\(0\)|\D/g, "");
      // Ten digits are a number of the North American plan, which is +1.
      return value.trim().startsWith("+") || digits.length !== 10 ? digits : `1${digits}`;
    }
    case "SECRET":
    case "URL":
      return value;
    case "IP":
    case "DATE_OF_BIRTH":
      return value.toLowerCase();
    default:
      return /\d/.test(value) ? value.replace(/[\s.\-/()]/g, "").toUpperCase() : value.trim().toUpperCase();
  }
}
