/** A start that failed for a reason that its reader can do something about: shown as one line, without a stack. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
}

/** Why something could not be reached, in one line: the system's code where there is one. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, message, name } = error as NodeJS.ErrnoException;
  if (code !== undefined && /^E[A-Z]+$/.test(code)) return code;
  return message.split('\n')[0] || name;
}
