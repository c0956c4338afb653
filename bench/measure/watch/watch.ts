import { setTimeout as sleep } from 'node:timers/promises';
import { type Door, withDoors } from '../doors.ts';
import { type Pressure, remarkPressure } from '../load/pressure.ts';
import { nowMs } from '../load/sockets/bench-socket.ts';
import { ownBytesOf } from '../process-facts.ts';
import { RedisCli } from '../redis-cli.ts';
import { fillRoom, joiner } from '../room/fill.ts';
import { BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { type CommandRate, commandRate } from './command-rate.ts';
import { Watchers } from './crowd.ts';
import { LastBuyer } from './last-unit.ts';
import { percentile } from './percentile.ts';

const few = 1_000;

/** One that watches costs so little that it takes as many more as there were, or it is lost among the rest. */
export const watchersMin = 2 * few;

const settleMs = 3_000;
/** A tick more or less is then a hundredth of what is counted. */
const countedSecondsMin = 20;

/** What those who wait cost: memory of the gateway, commands of Redis; and how soon they hear what concerns all. */
export async function watch(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const watchers = new Watchers(subject);
  const parts = { subject, options, board, watchers };
  try {
    // A gateway of its own each time: what one measurement left behind is not in the next one's memory.
    const imports = ['bench/measure/watch/collect-garbage.ts'];
    await withDoors(subject, ['doorbuster'], ([door]) => watching({ ...parts, door: door as Door }), {
      imports,
    });
    await withDoors(subject, ['doorbuster'], ([door]) => soldOut({ ...parts, door: door as Door }));
  } finally {
    await watchers.stop();
  }
}

interface Parts {
  subject: Subject;
  options: Options;
  board: Scoreboard;
  watchers: Watchers;
  door: Door;
}

async function watching({ subject, options, board, watchers, door }: Parts): Promise<void> {
  const redis = new RedisCli(subject.redisUrl);
  // Open, with a turn called every second: it waits and ticks.
  const sale = await BenchSale.create(subject, { method: 'fifo', perMinute: 60 });
  const setting = { origin: door.origin, saleId: sale.id, authSecret: null };
  const entrants = options.isLarge ? 10_000_000 : 1_000_000;
  const fewEntrants = 100_000;
  const part = await joiner(subject);
  await fillRoom(part, sale.id, fewEntrants);

  // The first sockets make the gateway grow once; that is no cost of a watcher.
  await watchers.growTo(few, setting);
  const counted = async () => {
    const rates: CommandRate[] = [];
    for (let round = 0; round < options.rounds; round++) {
      rates.push(await commandRate(subject, redis, Math.max(countedSecondsMin, options.seconds)));
    }
    return rates;
  };
  const compare = (
    names: { subject: string; opponent: string },
    ours: CommandRate[],
    theirs: CommandRate[],
  ) => {
    for (const [unit, of] of [
      ['Redis commands/s', (rate: CommandRate) => rate.perSecond],
      ['Redis commands a tick', (rate: CommandRate) => rate.perScript],
    ] as const) {
      board.compare({ scenario: 'watch', ...names, unit }, ours.map(of), theirs.map(of));
    }
  };
  // Each time after the same rest: V8 gives back what it grew by, but not at once.
  const byFew = await counted();
  const fewBytes = await settledBytes(door);
  await watchers.growTo(options.watchers, setting);
  const byMany = await counted();
  const bytes = ((await settledBytes(door)) - fewBytes) / (options.watchers - few);
  board.note('watch', `gateway memory, ${few} to ${options.watchers} watchers`, 'bytes a watcher', [bytes]);
  compare({ subject: `${options.watchers} watchers`, opponent: `${few} watchers` }, byMany, byFew);

  const latencies: number[] = [];
  const last: number[] = [];
  const pressures: Pressure[] = [];
  for (let round = 0; round < options.rounds * 2; round++) {
    const text = `notice-${round}-${Date.now()}`;
    let sentMs = 0;
    let pressure: () => Pressure = () => ({});
    const heard = await watchers.timed(
      text,
      () => {
        sentMs = nowMs();
        pressure = watchers.pressure();
        return sale.command('messages', { text });
      },
      () => pressures.push(pressure()),
    );
    for (const atMs of heard) latencies.push(atMs - sentMs);
    last.push(percentile(heard, 100) - sentMs);
    await sleep(500);
  }
  const name = `notice to ${options.watchers} sockets, from the operator's request`;
  board.note('watch', `${name}, p50`, 'ms', [percentile(latencies, 50)]);
  board.note('watch', `${name}, p99`, 'ms', [percentile(latencies, 99)]);
  board.note('watch', `${name}, last socket`, 'ms', last);
  remarkPressure(board, 'watch', 'a process of watchers', new Map([['a notice', pressures]]));

  await fillRoom(part, sale.id, entrants - fewEntrants);
  await part.stop();
  await sleep(settleMs);
  const full = { subject: `${entrants} entrants`, opponent: `${fewEntrants} entrants` };
  compare(full, await counted(), byMany);
  await watchers.close();
  await sale.command('close');
}

async function settledBytes({ pid }: Door): Promise<number> {
  await sleep(settleMs);
  for (let time = 0; time < 3; time++) {
    process.kill(pid, 'SIGWINCH');
    await sleep(700);
  }
  return ownBytesOf(pid);
}

/** One unit, one buyer, and everybody else waits with a ticket. */
async function soldOut({ subject, options, board, watchers, door }: Parts): Promise<void> {
  const sale = await BenchSale.create(subject, { method: 'fifo', perMinute: 6000 }, 1);
  const buyer = new LastBuyer(subject, door, sale);
  await buyer.join();
  const checkoutId = await buyer.reserve();
  await watchers.growTo(options.watchers, {
    origin: door.origin,
    saleId: sale.id,
    authSecret: subject.authSecret,
  });
  await sleep(settleMs);
  const finalMs = await buyer.pay(checkoutId);
  const heard = (await watchers.heard('"state":"sold_out"')).map((atMs) => atMs - finalMs);
  const name = `sold out, from the commit of the last order to ${options.watchers} waiting sockets`;
  board.note('watch', `${name}, p50`, 'ms', [percentile(heard, 50)]);
  board.note('watch', `${name}, p99`, 'ms', [percentile(heard, 99)]);
  board.note('watch', `${name}, last`, 'ms', [percentile(heard, 100)]);
  await watchers.close();
}
