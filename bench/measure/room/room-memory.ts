import { setTimeout as sleep } from 'node:timers/promises';
import { shuffled } from '../contest/shuffled.ts';
import { RedisCli } from '../redis-cli.ts';
import { BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { batch, fillRoom, joiner } from './fill.ts';

const joinsPerRound = 50_000;

/** What a waiting room costs: bytes of Redis for each entrant, and joins decided a second with and without batches. */
export async function roomMemory(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const redis = new RedisCli(subject.redisUrl);
  const waiting = () => BenchSale.create(subject, inAnHour());
  const batched = await joiner(subject);
  const unbatched = await joiner(subject, ['bench/baselines/evalsha-each/start.ts']);
  const sides = [
    { name: 'batched', part: batched, rates: [] as number[], cpuUs: [] as number[] },
    { name: 'unbatched', part: unbatched, rates: [] as number[], cpuUs: [] as number[] },
  ];
  for (const { part } of sides) await fillRoom(part, (await waiting()).id, joinsPerRound / 10);
  for (let round = 0; round < options.rounds; round++) {
    for (const { part, rates, cpuUs } of shuffled(sides, round)) {
      const { id } = await waiting();
      const cpuBefore = await redis.cpuSeconds();
      rates.push(await fillRoom(part, id, joinsPerRound));
      cpuUs.push((((await redis.cpuSeconds()) - cpuBefore) * 1_000_000) / joinsPerRound);
    }
  }
  const [ours, theirs] = sides as [(typeof sides)[0], (typeof sides)[0]];
  const names = { scenario: 'room-memory', subject: `batches of ${batch}`, opponent: 'evalsha-each' };
  board.compare({ ...names, unit: 'joins/s' }, ours.rates, theirs.rates);
  board.compare({ ...names, unit: 'µs of Redis CPU a join' }, ours.cpuUs, theirs.cpuUs);
  await unbatched.stop();

  const sizes = [100_000, 1_000_000, ...(options.isLarge ? [10_000_000] : [])];
  const room = await waiting();
  await sleep(1000);
  const emptyBytes = await redis.usedBytes();
  let entrants = 0;
  for (const size of sizes) {
    await fillRoom(batched, room.id, size - entrants);
    entrants = size;
    await sleep(2000);
    const bytes = ((await redis.usedBytes()) - emptyBytes) / size;
    board.note('room-memory', `Redis, ${size.toLocaleString('en-US')} entrants`, 'bytes an entrant', [bytes]);
  }
  await batched.stop();
}

/** The room is open, the sale is not: nothing but joining happens. */
const inAnHour = () => ({ method: 'fifo' as const, opensAt: new Date(Date.now() + 3_600_000).toISOString() });
