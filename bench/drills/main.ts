import { writeFileSync } from 'node:fs';
import { onStopSignals } from '../demo/stop-signals.ts';
import { drillCommand, listing, optionsOf } from './options.ts';
import { type DrillResult, recoveries, report } from './result.ts';
import { DrillRun, isForeseen } from './run-drill.ts';

/** Composition root of `npm run drill`. */
const say = (line: string) => console.log(line);
let current: DrillRun | null = null;
let isStopping = false;

async function end(code: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await current?.stop();
  process.exit(code);
}

onStopSignals({
  stop: (code) => {
    console.log('\nStopping …');
    void end(code);
  },
  kill: () => {
    current?.kill();
    process.exit(1);
  },
});
// A terminal that was closed takes no more lines; everything must still be stopped in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  const options = optionsOf(drillCommand().parse());
  if (options.drills.length === 0) {
    say(`Drills, each with --seed N (npm run drill -- --help):\n\n${listing()}`);
    process.exit(0);
  }
  const results: DrillResult[] = [];
  const skipped: string[] = [];
  const startedAtMs = performance.now();
  const struck = () => results.reduce((sum, { strikes }) => sum + strikes, 0);
  const goesOn = () =>
    (options.minutes !== null && performance.now() - startedAtMs < options.minutes * 60_000) ||
    (options.strikes !== null && struck() < options.strikes);
  let run = 0;
  do {
    const drill = options.drills[run % options.drills.length] as (typeof options.drills)[0];
    const seed = options.seed + run;
    run++;
    say(`${drill.name}, seed ${seed}: ${options.buyers} buyers for ${options.units} units`);
    current = new DrillRun(drill, seed, options, say, options);
    try {
      const result = await current.run();
      results.push(result);
      say(report(result));
    } catch (error) {
      if (isStopping) break;
      // One drill that this machine cannot have does not keep it from the others.
      if (!isForeseen(error) || options.drills.length === 1) throw error;
      skipped.push(`${drill.name}: ${error.message}`);
      say(`  could not be run: ${error.message}`);
    }
    await current.stop();
    current = null;
    if (options.json) {
      const found = results.length === 1 && !goesOn() ? results[0] : results;
      writeFileSync(options.json, `${JSON.stringify(found, null, 2)}\n`);
    }
  } while (run < options.drills.length || goesOn());

  const unclean = results.filter(({ violations }) => violations.length > 0);
  if (run > 1) {
    const recovered = recoveries(results.flatMap((result) => result.struck));
    say(
      `${results.length} drills, ${struck()} strikes, ${unclean.length} not clean` +
        `${recovered ? `, recovery p50 ${recovered.p50} ms, max ${recovered.max} ms` : ''}`,
    );
    for (const { name, seed } of unclean) say(`  not clean: npm run drill -- ${name} --seed ${seed}`);
    for (const line of skipped) say(`  not run: ${line}`);
  }
  await end(unclean.length > 0 || skipped.length > 0 ? 1 : 0);
} catch (error) {
  // What falls over because everything is being stopped is no news.
  if (!isStopping) console.error(isForeseen(error) ? `drill: ${error.message}` : error);
  await end(1);
}
