import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

/**
 * Loaded into a gateway before its own code: SIGWINCH begins a CPU profile, and another one ends it and
 * writes it to PROFILE_FILE (close-with-grace takes SIGUSR2 for itself). Start-up and warm-up are thereby left out.
 */
const session = new Session();
let isRunning = false;

process.on('SIGWINCH', () => {
  void (isRunning ? end() : begin());
  isRunning = !isRunning;
});

async function begin(): Promise<void> {
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
}

async function end(): Promise<void> {
  const { profile } = await session.post('Profiler.stop');
  writeFileSync(process.env.PROFILE_FILE ?? 'gateway.cpuprofile', JSON.stringify(profile));
}
