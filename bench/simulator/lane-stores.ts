import { Redis } from 'ioredis';
import pg from 'pg';
import { observeSource } from '../../engine/model/observed/observed-sale.ts';
import { createPool } from '../../persistence/postgres/pool.ts';
import type { LaneStores } from './cast/cast.ts';
import { Clients } from './runtime/clients.ts';
import { prepareWipe } from './runtime/clocked-database.ts';
import { scripts } from './runtime/scripts.ts';

/** Where a lane finds its stores. */
export interface LaneUrls {
  /** With the number of a database that nobody else uses. */
  redisUrl: string;
  /** Migrated, with a clock that can be set (`runtime/clocked-database.ts`), and nobody else's. */
  databaseUrl: string;
}

/** Connects a lane to its stores; `close` lets go of them. */
export async function openLane({
  redisUrl,
  databaseUrl,
}: LaneUrls): Promise<LaneStores & { close(): Promise<void> }> {
  const redis = new Redis(redisUrl);
  for (const { source } of scripts) await redis.script('LOAD', source);
  await redis.script('LOAD', observeSource);
  const redisRunId = /run_id:(\w+)/.exec(await redis.info('server'))?.[1] ?? '';
  const watching = new pg.Client({ connectionString: databaseUrl });
  await watching.connect();
  await watching.query('SET plan_cache_mode = force_generic_plan');
  const rows = new Clients(createPool(databaseUrl, { connectionsMax: 20, name: 'simulator' }));
  const reports = new Clients(
    createPool(databaseUrl, { connectionsMax: 10, name: 'simulator', plans: 'through statistics' }),
  );
  return {
    ...{ redis, redisRunId, watching, rows, reports },
    wipeStatement: await prepareWipe(watching),
    async close() {
      redis.disconnect();
      await Promise.all([watching.end(), rows.close(), reports.close()]);
    },
  };
}
