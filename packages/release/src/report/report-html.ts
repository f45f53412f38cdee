import { name } from "./figure.ts";
import { type Markup, markup, trusted } from "./markup.ts";
import type { ReleaseRun, RunSides } from "./release-run.ts";
import { auditSection } from "./sections/audit-section.ts";
import { evidenceSection } from "./sections/evidence-section.ts";
import { guardsSection } from "./sections/guards-section.ts";
import { compareParts, partsSection } from "./sections/parts-section.ts";
import { rampSection } from "./sections/ramp-section.ts";
import { verdictSection } from "./sections/verdict-section.ts";
import { STYLE } from "./style.ts";

/** A run as one HTML page that needs nothing else: no script, no font, no picture from anywhere. */
export function reportHtml(run: ReleaseRun, { candidate, baseline }: RunSides, title: string): string {
  const { canary, ramp, history, audit, releases } = run;
  const parts: [id: string, link: string, content: Markup][] = [];
  if (canary !== undefined) {
    parts.push(["verdict", "Verdict", verdictSection(canary)]);
    parts.push(["evidence-of-canary", "Evidence", evidenceSection(canary)]);
    const { guards } = canary.evidence;
    if (guards.length > 0) parts.push(["guards", "Guards", guardsSection("guards", "Guards", guards)]);
  }
  if (ramp !== undefined) {
    parts.push(["ramp-of-release", "Ramp", rampSection(ramp, history ?? [])]);
    if (ramp.guards.length > 0) {
      const content = guardsSection("ramp-guards", "Guards of the ramp", ramp.guards);
      parts.push(["ramp-guards", "Guards of the ramp", content]);
    }
  }
  if (releases !== undefined) {
    const compared = compareParts(releases.candidate, releases.baseline);
    parts.push(["parts", "What differs", partsSection(compared)]);
  }
  if (history !== undefined || audit !== undefined) {
    parts.push(["audit", "Audit log", auditSection(history, audit)]);
  }

  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<h1>${title}</h1>
<p>Candidate ${name(candidate)}, baseline ${name(baseline)}.</p>
</header>
<nav aria-label="Parts of this report"><ul>${parts.map(([id, link]) => markup`<li><a href="#${id}">${link}</a></li>`)}</ul></nav>
<main id="content">
${parts.map(([, , content]) => content)}</main>
<footer>
<p>This page shows names, ids, figures, and what the audit log says of who acted and why. It holds no prompt, no question, no answer and no document. Made by @keelson/release; it runs no script and loads nothing.</p>
</footer>
</body>
</html>
`.markup;
}
