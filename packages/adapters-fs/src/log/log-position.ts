/** A place between two frames of the log. */
export interface LogPosition {
  /** The segment's number. */
  readonly segment: number;
  /** How many of the segment's bytes come before it. */
  readonly end: number;
  /** The number of the last frame before it; 0 where there is none. */
  readonly sequence: number;
  /** The checksum of what stands before it: a frame, or the segment's header. */
  readonly checksum: number;
}

/** Does one place come before another in the log? */
export function isBefore(
  one: Pick<LogPosition, "segment" | "end">,
  other: Pick<LogPosition, "segment" | "end">,
): boolean {
  return one.segment === other.segment ? one.end < other.end : one.segment < other.segment;
}

/** The one that comes later in the log. */
export function laterPosition(one: LogPosition, other: LogPosition): LogPosition {
  return isBefore(other, one) ? one : other;
}
