/** How a process ended: by itself with a code, or by a signal. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A process of ours, in a process group of its own so that the terminal's Ctrl-C reaches only the supervisor. */
export interface RunningProcess {
  readonly pid: number;
  /** Settles when it does its work, or when it ended before: a `StartFailure` where the cause is foreseeable. */
  readonly ready: Promise<void>;
  readonly exited: Promise<Exit>;
  /** Asks it to end; after `graceMs` it is killed. Resolves once it is gone; may be called again. */
  stop(graceMs: number): Promise<void>;
  /** Ends it at once, with what it started. */
  kill(): void;
}

/** Signals a whole process group, which may be gone already. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Waits for the exit; when `graceMs` have passed first, `force` is called and the exit awaited. */
export async function exitWithin(exited: Promise<Exit>, graceMs: number, force: () => void): Promise<void> {
  const timer = setTimeout(force, graceMs);
  await exited;
  clearTimeout(timer);
}

export const describeExit = (exit: Exit): string =>
  exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
