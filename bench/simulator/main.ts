import { writeFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { migrate } from '../../persistence/migrations/migrate.ts';
import {
  startTestPostgres,
  startTestRedis,
  type TemporaryStore,
} from '../../supervisor/fixtures/temporary-stores.ts';
import { onStopSignals } from '../demo/stop-signals.ts';
import { Lane } from './lanes.ts';
import { optionsOf, simulateCommand } from './options.ts';
import { Progress } from './progress.ts';
import { report, Tally } from './result.ts';
import { copyDatabase, giveSetClock } from './runtime/clocked-database.ts';
import { simulateSeeds } from './simulate-seeds.ts';

/** Composition root of `npm run simulate`. */
const options = optionsOf(simulateCommand().parse());
const stores: TemporaryStore[] = [];
const lanes: Lane[] = [];
let isStopping = false;

async function end(code: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await Promise.all(lanes.map((lane) => lane.stop()));
  await Promise.all(stores.map((store) => store.remove()));
  process.exit(code);
}

onStopSignals({
  stop: (code) => {
    console.error('\nStopping …');
    void end(code);
  },
  kill: () => {
    for (const lane of lanes) lane.kill();
    process.exit(1);
  },
});

/** Neither store has to survive anything here: a loss is something that a schedule decides. */
async function openStores(): Promise<{ redisUrl: string; databaseUrl: string; directory: string }> {
  const [redis, postgres] = await Promise.all([startTestRedis(), startTestPostgres()]);
  stores.push(redis, postgres);
  const connection = new Redis(redis.url);
  await connection.config('SET', 'appendonly', 'no');
  connection.disconnect();
  await giveSetClock(postgres.url);
  await migrate(postgres.url);
  return { redisUrl: redis.url, databaseUrl: postgres.url, directory: postgres.directory };
}

try {
  const { from, to } = options.seeds;
  const count = Math.min(options.lanes, to - from + 1);
  const { redisUrl, databaseUrl, directory } = await openStores();
  for (let number = 0; number < count; number++) {
    const laneUrls = {
      redisUrl: redisUrl.replace(/\d+$/, String(number + 1)),
      databaseUrl: await copyDatabase(databaseUrl, `lane_${number}`),
    };
    lanes.push(await Lane.start(number, laneUrls, directory));
  }
  const progress = new Progress(to - from + 1);
  const tally = new Tally();
  const startedMs = performance.now();
  const stories = await simulateSeeds(lanes, options, tally, progress);
  progress.end();
  const result = tally.result(options.seeds, performance.now() - startedMs);
  if (options.showsStory) console.log(stories.join('\n'));
  console.log(report(result));
  if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  await end(result.violations.length > 0 ? 1 : 0);
} catch (error) {
  if (!isStopping) console.error(error);
  await end(1);
}
