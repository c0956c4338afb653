import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, messageOf, startChild } from '../../demo/child.ts';
import { between, type Drill, DrillFailure, pick } from '../scene.ts';
import type { StoresReady } from '../stores/messages.ts';
import { type ReplyProxy, replyProxy } from './reply-proxy.ts';

const repliesMax = 6;
const lostWithinMs = 3_000;

export const lostReplies: Drill = {
  name: 'lost-replies',
  summary: 'replies of Redis, of Postgres and of the provider are lost, after what was asked was done',
  pauseMs: [100, 1_500],
  sellingSecondsMin: 20,
  async prepare(next) {
    const proxies: [hop: string, proxy: ReplyProxy][] = [];
    let stores: Child | null = null;
    return {
      /** The stores are started by themselves, so that the system finds them where the proxies are. */
      async arrange({ dataDir, providerUrl }) {
        stores = startChild('bench/drills/stores/main.ts', {
          env: { ...process.env, DATA_DIR: dataDir },
          logFile: join(dataDir, 'logs', 'drill-stores.log'),
        });
        const ready = await messageOf<StoresReady>(stores, 'ready');
        if (!ready) throw new DrillFailure(`the stores did not start: ${stores.lastLines().join(' ')}`);
        const stand = async (hop: string, url: string) => {
          const proxy = await replyProxy(url);
          proxies.push([hop, proxy]);
          return proxy.url;
        };
        return {
          REDIS_URL: await stand('redis', ready.redisUrl),
          DATABASE_URL: await stand('postgres', ready.databaseUrl),
          PROVIDER_URL: (await stand('provider', providerUrl)).replace(/\/$/, ''),
        };
      },
      async begin() {
        return {
          async strike() {
            const [hop, proxy] = pick(proxies, next) as (typeof proxies)[number];
            const before = proxy.lost;
            const replies = Math.floor(between(1, repliesMax + 1, next));
            proxy.loseNext(replies);
            const deadlineMs = performance.now() + lostWithinMs;
            while (proxy.lost < before + replies && performance.now() < deadlineMs) await sleep(10);
            proxy.loseNext(0);
            return proxy.lost > before ? hop : null;
          },
        };
      },
      async clean() {
        for (const [, proxy] of proxies) proxy.close();
        await stores?.stop(8_000);
      },
    };
  },
};
