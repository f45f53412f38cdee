/** Where one manager keeps what in the state store. */
export interface Keys {
  /** The one record that says what serves: {@link Head}. */
  readonly head: string;
  /** What all releases' keys start with. */
  readonly releases: string;
  release(name: string): string;
  /** Stands where a release has been live. */
  lived(name: string): string;
  /** What all audit events' keys start with. */
  readonly audits: string;
  audit(sequence: number): string;
  /** What the keys of the cases start with that two bundles were compared on by one scoring. */
  canary(candidate: string, baseline: string, evals: string): string;
  /** What a ramp's observations add up to. */
  tally(ramp: string): string;
  /** How a ramp ended. */
  end(ramp: string): string;
  /** What the keys of observed requests and keys start with, of all ramps. */
  readonly seenAll: string;
  /** What the keys of one ramp's observed requests and keys start with. */
  seenOf(ramp: string): string;
  /** What is remembered of an observed request. */
  seen(ramp: string, id: string): string;
  /** What is remembered of a routing key, by its hash. */
  unit(ramp: string, hash: string): string;
}

/** The keys of the manager of that name. */
export function createKeys(manager: string): Keys {
  const root = `release/${escapeName(manager)}`;
  return {
    head: `${root}/head`,
    releases: `${root}/releases/`,
    release: (name) => `${root}/releases/${name}`,
    lived: (name) => `${root}/lived/${name}`,
    audits: `${root}/audit/`,
    audit: (sequence) => `${root}/audit/${padSequence(sequence)}`,
    canary: (candidate, baseline, evals) => `${root}/canaries/${candidate}/${baseline}/${escapeName(evals)}/`,
    tally: (ramp) => `${root}/ramps/${ramp}/tally`,
    end: (ramp) => `${root}/ramps/${ramp}/end`,
    seenAll: `${root}/seen/`,
    seenOf: (ramp) => `${root}/seen/${ramp}/`,
    seen: (ramp, id) => `${root}/seen/${ramp}/request/${id}`,
    unit: (ramp, hash) => `${root}/seen/${ramp}/key/${hash}`,
  };
}

/** A sequence number as text that sorts like the number. */
export function padSequence(sequence: number): string {
  return String(sequence).padStart(12, "0");
}

// Names may hold "/": unescaped, the manager "a/releases" would write among the releases of "a".
function escapeName(name: string): string {
  return name.replaceAll("%", "%25").replaceAll("/", "%2F");
}
