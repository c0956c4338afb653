/**
 * Loaded into the system's process before its own code: it ends as on Ctrl-C when the demo is gone, even
 * where the demo was killed and could not say so.
 */
if (process.channel) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // Listening must not keep a process alive that has nothing left to do.
  process.channel.unref();
}
