import { digitAt } from "./digits.ts";

// The product of the dihedral group of order ten, and how digits move by place (J. Verhoeff, 1969).
const PRODUCT = [
  "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
  "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
]; // biome-ignore format: a table
const MOVED = [
  "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
]; // biome-ignore format: a table

/** Does a string of digits end in its Verhoeff check digit? */
export function isVerhoeff(digits: string): boolean {
  let check = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const moved = digitAt(MOVED[place % 8] ?? "", digitAt(digits, digits.length - 1 - place));
    check = digitAt(PRODUCT[check] ?? "", moved);
  }
  return check === 0;
}
