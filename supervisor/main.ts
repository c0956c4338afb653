import { announcement } from './announcement.ts';
import { readCommandLine } from './command-line.ts';
import { StartFailure } from './start-failure.ts';
import { onStopSignals } from './stop-signals.ts';
import { type RunningSystem, startSystem } from './system.ts';

/** Composition root of `npm start`: the whole system under one supervisor, until Ctrl-C. */
const settings = readCommandLine(process.argv, process.env);
const say = (line: string) => console.log(line);
const warn = (line: string) => console.error(`! ${line}`);
// A terminal that was closed takes no more lines; the system must still be stopped in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const starting = new AbortController();
let system: RunningSystem | null = null;
onStopSignals({
  stop: () => {
    say('Stopping …');
    if (system === null) starting.abort();
    else void system.stop().then(() => process.exit(0));
  },
  kill: () => {
    system?.kill();
    process.exit(1);
  },
});

try {
  system = await startSystem(settings, { say, warn, signal: starting.signal });
  say(announcement(system));
  process.send?.({ kind: 'ready' });
} catch (error) {
  if (starting.signal.aborted) process.exit(0);
  if (!(error instanceof StartFailure)) throw error;
  console.error(error.message);
  process.exit(1);
}
