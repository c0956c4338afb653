import closeWithGrace from 'close-with-grace';
import { Demo } from './demo.ts';
import { DemoFailure } from './failure.ts';
import { demoCommand, optionsOf } from './options.ts';

/** Composition root of `npm run demo`. */
const signalCodes: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
const stopWithinMs = 30_000;

const options = optionsOf(demoCommand().parse(), new Date());
const demo = new Demo(options, process.stdout);
let exitCode: number | null = null;
let isStopping = false;

const grace = closeWithGrace(
  { delay: stopWithinMs, logger: false, onSecondSignal: () => demo.kill(), onTimeout: () => demo.kill() },
  async ({ signal, err }) => {
    isStopping = true;
    if (err) console.error(err);
    if (signal) console.log('\nStopping…');
    await demo.stop();
    process.exit(exitCode ?? signalCodes[signal ?? ''] ?? 1);
  },
);

try {
  const { clean } = await demo.run();
  exitCode = clean ? 0 : 1;
  if (options.keep && demo.system) {
    const { origin, operatorOrigin, dataDir } = demo.system;
    console.log(`Still running: ${origin}, operator ${operatorOrigin}`);
    console.log(`Its data and logs stay in ${dataDir}. Ctrl-C stops it.`);
    await demo.system.broken;
  }
  grace.close();
} catch (error) {
  // What falls over because everything is being stopped is no news.
  if (!isStopping) {
    exitCode = 1;
    console.error(error instanceof DemoFailure ? `demo: ${error.message}` : error);
    grace.close();
  }
}
