// Prints how many tests passed and failed, from the report that vitest wrote.
import { readFileSync } from "node:fs";

const { numPassedTests, numFailedTests, numTotalTests } = JSON.parse(readFileSync(process.argv[2], "utf8"));
if (numTotalTests === 0) throw new Error("no test ran");
console.log(`${numPassedTests} passed, ${numFailedTests} failed`);
process.exit(numFailedTests === 0 ? 0 : 1);
