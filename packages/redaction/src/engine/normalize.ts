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
    case "MAC":
      return value.replace(/[:.-]/g, "").toLowerCase();
    case "IP":
      return plainIp(value.toLowerCase());
    case "DATE_OF_BIRTH":
      return value.toLowerCase();
    default:
      return /\d/.test(value) ? value.replace(/[\s.\-/()]/g, "").toUpperCase() : value.trim().toUpperCase();
  }
}

/** An IPv6 address in its shortest form, as URLs have it, with its zone and prefix; an IPv4 address as it stands. */
function plainIp(value: string): string {
  const address = /^[^%/]*/.exec(value)?.[0] ?? "";
  const host = `http://[${address}]`;
  return URL.canParse(host) ? new URL(host).hostname.slice(1, -1) + value.slice(address.length) : value;
}
