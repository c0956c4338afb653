/** A run that could not be made, for a reason that whoever started it can do something about. */
export class BenchFailure extends Error {}

/** An answer that was not the expected one, none at all, or an audit that is not clean: there is no figure then. */
export class BrokenInvariant extends Error {}

/** Of a run whose figures cannot be believed. */
export const brokenInvariantExitCode = 99;

/** Throws unless `isTrue`. */
export function demand(isTrue: boolean, sentence: string): void {
  if (!isTrue) throw new BrokenInvariant(sentence);
}
