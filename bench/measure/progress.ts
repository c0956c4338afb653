const startMs = performance.now();

/** Tells on stderr how far a run is, a line each: what is printed at the end can be piped elsewhere. */
export function tell(line: string): void {
  const seconds = Math.round((performance.now() - startMs) / 1000);
  process.stderr.write(`${String(seconds).padStart(5)} s  ${line}\n`);
}
