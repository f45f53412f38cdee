#!/usr/bin/env node
import { runCli } from "./cli.ts";

// Who reads the lines may have had enough, as `head` has: then nobody learns whether anything is damaged.
process.stdout.on("error", () => process.exit(2));

void runCli(process.argv.slice(2), {
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
}).then((code) => {
  process.exitCode = code;
});
