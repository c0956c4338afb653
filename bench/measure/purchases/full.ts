import type { Contender } from '../contest/contender.ts';
import { inTurns, postContest } from '../contest/contest.ts';
import { decoded, msAt } from '../load/histogram.ts';
import { Part } from '../part.ts';
import { cpuSecondsOf } from '../process-facts.ts';
import { RedisCli } from '../redis-cli.ts';
import { BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import { median } from '../statistics.ts';
import type { Options, Subject } from '../subject.ts';
import { auditSold } from './audit-sold.ts';
import { pressureOf } from './buyers/crowd.ts';
import type { Purchases, PurchasesResult } from './buyers/purchases.ts';
import { multiRow } from './multi-row.ts';
import { whenRelayed } from './when-relayed.ts';

/** Orders in a second of a round: a round is so many purchases, however long they take. */
const ordersPerSecond = 2_000;

/** Enough for the provider's 50 ms and all that waits in a queue at several thousand orders a second. */
const underWay = 1_000;

/**
 * Join, reserve, pay, confirmed: orders a second against one multi-row insert of the very rows that they left,
 * and how long paying takes at half of that rate.
 */
export async function full(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const buyers = await Part.start('bench/measure/purchases/buyers/main.ts', subject);
  const parts = [buyers];
  const sold: { sale: BenchSale; count: number }[] = [];
  /** Of each order, by round. */
  const workerMs: number[] = [];
  let latest: { saleId: string; orders: number } | null = null;

  async function sell(count: number, fields: Pick<Purchases, 'perSecond'>) {
    // No turn is waited for: what is measured is the way of a unit, not the pace of a room.
    const sale = await BenchSale.create(subject, { method: 'fifo', perMinute: 100_000_000 });
    await sale.known(subject.origin);
    const { id: saleId, sku } = sale;
    const { origin, authSecret } = subject;
    const result = await buyers.ask<PurchasesResult>({
      kind: 'purchases',
      ...{ origin, authSecret, saleId, sku, prefix: saleId, joins: true, buyers: count, underWay },
      ...fields,
    } satisfies Purchases);
    sold.push({ sale, count });
    return { ...result, sale };
  }

  const redis = subject.isOurs ? new RedisCli(subject.redisUrl) : null;
  const ours: Contender = {
    name: 'doorbuster',
    usesRedis: true,
    async round(seconds) {
      const count = seconds * ordersPerSecond;
      const gateways = watchCpu(subject.gatewayPids());
      const workers = watchCpu(subject.workerPids());
      const redisBefore = (await redis?.cpuSeconds()) ?? Number.NaN;
      const result = await sell(count, { perSecond: null });
      const usEach = (cpuSeconds: number) => (cpuSeconds * 1_000_000) / count;
      const used = await whenRelayed(result.sale, async () => ({
        gateways: gateways(),
        workers: workers(),
        redis: ((await redis?.cpuSeconds()) ?? Number.NaN) - redisBefore,
      }));
      // Before the rows are copied: nothing of this round is left to do then.
      await ours.audit();
      workerMs.push(usEach(used.workers) / 1000);
      latest = { saleId: result.sale.id, orders: count };
      return {
        perSecond: result.confirmed / result.seconds,
        histogram: decoded(result.whole),
        gatewayCpuUs: usEach(used.gateways),
        redisCpuUs: usEach(used.redis),
        ...pressureOf(result),
      };
    },
    async audit() {
      for (const { sale, count } of sold) await auditSold(sale, count);
      sold.length = 0;
    },
  };

  try {
    const contenders: Contender[] = [ours];
    if (subject.isOurs) {
      const { contender, copier } = await multiRow(subject, async () => latest);
      parts.push(copier);
      contenders.push(contender);
    }
    const contest = { scenario: 'full', thing: 'order', contenders };
    const found = await inTurns(contest, options);
    await ours.audit();
    const rate = Math.floor(median((found.get('doorbuster') ?? []).map(({ perSecond }) => perSecond)) / 2);
    const paced = await sell(options.seconds * (options.rate ?? rate), { perSecond: options.rate ?? rate });
    await ours.audit();
    postContest(board, contest, 'one process of node', found);
    // The first round was the warm-up.
    if (subject.isOurs) board.note('full', 'CPU an order, workers', 'ms', workerMs.slice(1));
    const name = `at ${options.rate ?? rate} orders/s`;
    for (const [what, percentile] of [
      ['p50', 50],
      ['p95', 95],
      ['p99', 99],
    ] as const) {
      board.note('full', `pay to confirmed ${what}, ${name}`, 'ms', [msAt(decoded(paced.pay), percentile)]);
    }
    board.note('full', 'pay p95', 'ms', [msAt(decoded(paced.pay), 95)]);
    board.note('full', `reserve p99, ${name}`, 'ms', [msAt(decoded(paced.reserve), 99)]);
  } finally {
    await Promise.all(parts.map((part) => part.stop()));
  }
}

/** Seconds of CPU that those processes use from now on; NaN where none is known. */
function watchCpu(pids: readonly number[]): () => number {
  const used = () => (pids.length === 0 ? Number.NaN : pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0));
  const before = used();
  return () => used() - before;
}
