import { warmUpSeconds } from '../contest/contest.ts';
import { shuffled } from '../contest/shuffled.ts';
import { type Door, openDoor } from '../doors.ts';
import { remarkPressure } from '../load/pressure.ts';
import { withRelayHeldBack } from '../relay.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { ReserveRounds, type Round } from './rounds.ts';

/** One at a time is `evalsha-each` of `reserve`: so many callers would not come to their turn in time. */
const sizes = [10, 50, 100, 200, 400, 1_000];

/** More than the largest batch takes twice over: with fewer, no batch would ever be full. */
const connectionsMin = 2_400;

/**
 * How many requests go as one call at most: what a larger batch gains, and how long the slowest wait for it.
 * The same gateway each time, with another size; the relay is held back.
 */
export async function batchSize(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const load = { ...options, connections: Math.max(connectionsMin, options.connections) };
  const rounds = await ReserveRounds.prepare(subject, load);
  const found = new Map<number, Round[]>(sizes.map((size) => [size, []]));
  const doors = new Map<number, Door>();
  try {
    for (const size of sizes) {
      doors.set(size, await openDoor(subject, 'batch-size', { env: { BATCH_SIZE_MAX: String(size) } }));
    }
    await withRelayHeldBack(subject, async () => {
      for (const door of doors.values()) await rounds.run(door, { ...load, seconds: warmUpSeconds(options) });
      for (let round = 0; round < options.rounds; round++) {
        for (const size of shuffled(sizes, round)) {
          found.get(size)?.push(await rounds.run(doors.get(size) as Door, load));
        }
      }
    });
  } finally {
    await Promise.all([...doors.values()].map((door) => door.stop()));
  }
  await rounds.audit();
  for (const [unit, of] of [
    [`decisions/s by ${options.generator}`, (round: Round) => round.perSecond],
    ['ms at p99, closed loop', (round: Round) => round.p99Ms],
    ['µs of Redis CPU a decision', (round: Round) => round.redisCpuUs],
    ['µs of gateway CPU a decision', (round: Round) => round.gatewayCpuUs],
  ] as const) {
    for (const size of sizes) {
      board.note('batch-size', `at most ${size}`, unit, (found.get(size) ?? []).map(of));
    }
  }
  const bySize = new Map([...found].map(([size, measured]) => [`batches of at most ${size}`, measured]));
  remarkPressure(board, 'batch-size', options.generator, bySize);
}
