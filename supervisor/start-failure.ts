/** A start that failed for a reason that its reader can do something about: shown as one line, without a stack. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
}

/** The line that an unknown error is worth where only one line is shown. */
export const lineOf = (error: unknown): string =>
  (error instanceof Error ? error.message || error.name : String(error)).split('\n')[0] ?? '';
