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

/** The one that comes later in the log. */
export function laterPosition(one: LogPosition, other: LogPosition): LogPosition {
  const isLater = one.segment === other.segment ? one.end > other.end : one.segment > other.segment;
  return isLater ? one : other;
}
