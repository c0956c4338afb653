import { Demo } from './demo.ts';
import { DemoFailure } from './failure.ts';
import { demoCommand, optionsOf } from './options.ts';
import { onStopSignals } from './stop-signals.ts';

/** Composition root of `npm run demo`. */
const options = optionsOf(demoCommand().parse(), new Date());
const demo = new Demo(options, process.stdout);
let exitCode: number | null = null;
let isStopping = false;

async function end(code: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await demo.stop();
  process.exit(exitCode ?? code);
}

onStopSignals({
  stop: (code) => {
    const ended = end(code);
    console.log('\nStopping …');
    void ended;
  },
  kill: () => {
    demo.kill();
    process.exit(1);
  },
});
// A terminal that was closed takes no more lines; everything must still be stopped in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  const { clean } = await demo.run();
  exitCode = clean ? 0 : 1;
  if (options.keep && demo.system) {
    const { origin, operatorOrigin, dataDir } = demo.system;
    console.log(`Still running: ${origin}, operator ${operatorOrigin}`);
    console.log(`Its data and logs stay in ${dataDir}. Ctrl-C stops it.`);
    await demo.system.broken;
  }
} catch (error) {
  // What falls over because everything is being stopped is no news.
  if (!isStopping) console.error(error instanceof DemoFailure ? `demo: ${error.message}` : error);
}
await end(1);
