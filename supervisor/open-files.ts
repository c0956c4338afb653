/** A gateway holds a file a connection; a rush of 20,000 needs about this many. */
const wanted = 20_000;

/** How many files this process and those that it starts may have open; null where there is no limit. */
export function openFilesMax(): number | null {
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  const soft = report.userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : null;
}

/** Null when the limit is high enough, else a line that says what it allows and how to raise it. */
export function openFilesWarning(limit: number | null): string | null {
  if (limit === null || limit >= wanted) return null;
  return `at most ${limit} open files are allowed, so a gateway takes about ${Math.max(0, limit - 100)} connections; raise it with "ulimit -n 65536" before npm start`;
}
