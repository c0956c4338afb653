import type { Subject } from './subject.ts';

/** Holds the relay back while `use` runs, and always lets it go on: the workers stand still. */
export async function withRelayHeldBack<Result>(
  subject: Subject,
  use: () => Promise<Result>,
): Promise<Result> {
  const pids = subject.workerPids();
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    return await use();
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}
