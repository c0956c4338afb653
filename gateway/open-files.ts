/** A rush of 20,000 sockets on one gateway, and some files of our own. */
const wanted = 20_000;

/** For logs, stores, libraries and HTTP connections. */
const notForSockets = 500;

/** How many files this process may have open; infinite where the system sets no limit. */
export function openFilesMax(): number {
  // Without this the report asks the name service about every connection.
  (process.report as { excludeNetwork?: boolean }).excludeNetwork = true;
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  const soft = Number(report.userLimits?.open_files?.soft);
  return Number.isInteger(soft) ? soft : Number.POSITIVE_INFINITY;
}

/** Sockets that fit under a limit on open files. */
export const socketsWithin = (filesMax: number): number => Math.max(100, filesMax - notForSockets);

/** A sentence about a limit that is too low for a rush, or null. */
export function openFilesWarning(filesMax: number): string | null {
  if (filesMax >= wanted) return null;
  return `only ${filesMax} files may be open at once, which is ${socketsWithin(filesMax)} sockets: raise it with ulimit -n 65536`;
}
