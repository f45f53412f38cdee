/**
 * What a release looks like: a report as HTML, JSON and JUnit XML, and lines for a terminal while it runs.
 *
 * @packageDocumentation
 */

export type { ReleaseRun } from "./report/release-run.ts";
export type { ReportFormat, ReportOptions } from "./report/report.ts";
export { report } from "./report/report.ts";
export type { TerminalRun, TerminalViewOptions } from "./terminal/terminal-view.ts";
export { terminalView } from "./terminal/terminal-view.ts";
