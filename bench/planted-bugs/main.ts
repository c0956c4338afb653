import { writeFileSync } from 'node:fs';
import { onStopSignals } from '../demo/stop-signals.ts';
import { Copy, PlantingFailure } from './copy.ts';
import { optionsOf, plantCommand } from './options.ts';
import { runTests, type TestRun } from './run-tests.ts';

/** Composition root of `npm run planted-bugs`. */
const { bugs, isListing, json } = optionsOf(plantCommand().parse());
const width = Math.max(...bugs.map(({ name }) => name.length));
const say = (name: string, text: string) => console.log(`${name.padEnd(width)}  ${text}`);

if (isListing) {
  for (const { name, summary } of bugs) say(name, summary);
  process.exit(0);
}

const abort = new AbortController();
let exitCode: number | null = null;
const stop = (code: number) => {
  exitCode ??= code;
  abort.abort();
};
onStopSignals({ stop, kill: () => stop(1) });

const copy = new Copy();
const caught: object[] = [];
try {
  const greenWithout = new Map<string, TestRun>();
  for (const { name, summary, guards, patch } of bugs) {
    const guard = guards[0] as string;
    const before = greenWithout.get(guard) ?? (await runTests(copy.directory, [guard], abort.signal));
    greenWithout.set(guard, before);
    if (!before.isGreen)
      throw new PlantingFailure(`${guard} fails without any bug: ${before.failed ?? 'it could not be run'}`);
    copy.plant(patch);
    const { isGreen, failed, seconds } = await runTests(copy.directory, [guard], abort.signal);
    copy.restore();
    if (!isGreen && failed === null)
      throw new PlantingFailure(`${name}: ${guard} could not be run; no test of it failed`);
    if (failed === null) exitCode = 1;
    say(
      name,
      failed === null ? `NOT CAUGHT by ${guard}` : `caught after ${seconds.toFixed(1)} s by ${failed}`,
    );
    caught.push({ name, summary, caughtBy: failed, seconds: Number(seconds.toFixed(1)) });
  }
  const missed = caught.filter((one) => (one as { caughtBy: unknown }).caughtBy === null).length;
  console.log(`${caught.length - missed} of ${caught.length} caught`);
  if (json) writeFileSync(json, `${JSON.stringify(caught, null, 2)}\n`);
} catch (error) {
  if (abort.signal.aborted) console.error('\nStopped');
  else if (error instanceof PlantingFailure) console.error(error.message);
  else throw error;
  exitCode ??= 1;
} finally {
  copy.remove();
}
process.exit(exitCode ?? 0);
