import { isMainThread } from 'node:worker_threads';

/**
 * Loaded into each of our processes before its own code: none may outlive the supervisor, not even when
 * that was killed with SIGKILL. One that watches the channel itself is left the time to end cleanly.
 */
const graceMs = 3_000;

if (isMainThread && process.channel) {
  process.on('disconnect', () => {
    if (process.listenerCount('disconnect') === 1) process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref();
  });
  // Listening alone would keep a process alive that has nothing left to do.
  process.channel.unref();
}
