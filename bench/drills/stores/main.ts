import { readSettings } from '../../../engine/contracts/settings.ts';
import { openDataDirectory } from '../../../supervisor/data-directory/open.ts';
import { Tiers } from '../../../supervisor/processes/tiers.ts';
import { openPostgres, openRedis } from '../../../supervisor/stores.ts';
import type { StoresReady } from './messages.ts';

/** Composition root: a private Redis and a private Postgres by themselves, for a system that is to find them by URL. */
const read = readSettings({ DATA_DIR: `${process.env.DATA_DIR}/stores` });
if (read.kind === 'invalid') throw new Error(read.problems.join('\n'));
const directory = await openDataDirectory(read.settings.DATA_DIR);
const tiers = new Tiers();
let isStopping = false;
const stop = async () => {
  if (isStopping) return;
  isStopping = true;
  await tiers.stop();
  directory.lock.release();
  process.exit(0);
};
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
process.on('disconnect', () => void stop());
const surroundings = { directory, tiers, say: console.log, warn: console.error };
const redisUrl = await openRedis(read.settings, surroundings);
const databaseUrl = await openPostgres(read.settings, surroundings);
process.send?.({ kind: 'ready', redisUrl, databaseUrl } satisfies StoresReady);
