/**
 * What a release looks like: a report as HTML, JSON and JUnit XML.
 *
 * @packageDocumentation
 */

export type { ReleaseRun } from "./report/release-run.ts";
export type { ReportFormat, ReportOptions } from "./report/report.ts";
export { report } from "./report/report.ts";
