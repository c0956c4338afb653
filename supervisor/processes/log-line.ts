const warnLevel = 40;

/** What a line of pino's JSON says where it is a warning or worse, else null. */
export function warningIn(line: string): string | null {
  const entry = parsed(line);
  if (entry === null || typeof entry.level !== 'number' || entry.level < warnLevel) return null;
  const cause = (entry.err as { message?: string } | undefined)?.message;
  return [entry.msg, cause].filter((part) => part !== undefined && part !== '').join(': ');
}

/** A line that is no log entry, as somebody wrote it; null for log entries and empty lines. */
export const plainLine = (line: string): string | null =>
  line.trim() === '' || parsed(line) !== null ? null : line.trimEnd();

function parsed(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}
