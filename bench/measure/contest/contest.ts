import { msAt } from '../load/histogram.ts';
import { remarkPressure } from '../load/pressure.ts';
import { tell } from '../progress.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options } from '../subject.ts';
import type { Contender, Measured } from './contender.ts';
import { shuffled } from './shuffled.ts';

export interface Contest {
  scenario: string;
  /** What a request is called: `decision`, `join`. */
  thing: string;
  /** The first one is the subject, the others its opponents. */
  contenders: readonly Contender[];
}

const warmUpSecondsMax = 3;

/** Of a round that is not counted: after it, code is compiled and connections to the stores are open. */
export const warmUpSeconds = ({ seconds }: Pick<Options, 'seconds'>): number =>
  Math.min(warmUpSecondsMax, seconds);

/**
 * Who comes next waits for who came before: what a stall does to those who would have come meanwhile is not in
 * these (coordinated omission). `steady` and `herd` have latencies of an open loop.
 */
const closedLoopMs = 'ms, closed loop';

/** Rounds of each contender by name, in turns, in another order each round, so that none always follows the same. */
export async function inTurns(
  { scenario, contenders }: Contest,
  { rounds, seconds }: Pick<Options, 'rounds' | 'seconds'>,
): Promise<Map<string, Measured[]>> {
  for (const contender of contenders) {
    tell(`${scenario}: ${contender.name} warms up`);
    await contender.round(warmUpSeconds({ seconds }));
  }
  const found = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of shuffled(contenders, round)) {
      const measured = await contender.round(seconds);
      found.get(contender.name)?.push(measured);
      const rate = Math.round(measured.perSecond).toLocaleString('en-US');
      tell(`${scenario}: round ${round + 1} of ${rounds}, ${contender.name} ${rate}/s`);
    }
  }
  return found;
}

/** Rounds in turns, then every contender's audit, and only then the figures. */
export async function runContest(board: Scoreboard, contest: Contest, options: Options): Promise<void> {
  const found = await inTurns(contest, options);
  for (const contender of contest.contenders) await contender.audit();
  postContest(board, contest, options.generator, found);
}

/** Puts what the rounds found on the board. */
export function postContest(
  board: Scoreboard,
  { scenario, thing, contenders }: Contest,
  generator: string,
  found: ReadonlyMap<string, readonly Measured[]>,
): void {
  const [subject, ...opponents] = contenders.map(({ name }) => name) as [string, ...string[]];
  const values = (name: string, of: (round: Measured) => number | undefined): number[] =>
    (found.get(name) ?? []).flatMap((round) => {
      const value = of(round);
      return value === undefined || !Number.isFinite(value) ? [] : [value];
    });
  const usingRedis = new Set(contenders.filter(({ usesRedis }) => usesRedis).map(({ name }) => name));
  const compare = (
    unit: string,
    of: (round: Measured) => number | undefined,
    isOpponent: (name: string) => boolean = () => true,
  ) => {
    const ours = values(subject, of);
    for (const opponent of opponents.filter(isOpponent)) {
      const theirs = values(opponent, of);
      const isWhole = ours.length > 0 && theirs.length === ours.length && theirs.every((value) => value > 0);
      if (isWhole) board.compare({ scenario, subject, opponent, unit }, ours, theirs);
    }
  };
  for (const { name, client } of contenders) {
    const unit = `${thing}s/s by ${generator}${client ? `, theirs by a ${client}` : ''}`;
    compare(
      unit,
      (round) => round.perSecond,
      (opponent) => opponent === name,
    );
  }
  compare(`µs of gateway CPU a ${thing}`, (round) => round.gatewayCpuUs);
  compare(
    `µs of Redis CPU a ${thing}`,
    (round) => round.redisCpuUs,
    (name) => usingRedis.has(name),
  );
  compare(
    `Redis commands a ${thing}`,
    (round) => round.redisCommands,
    (name) => usingRedis.has(name),
  );

  const note = (name: string, unit: string, of: (round: Measured) => number | undefined) => {
    const ours = values(subject, of);
    if (ours.length > 0) board.note(scenario, name, unit, ours);
  };
  note('rate', `${thing}s/s`, (round) => round.perSecond);
  note('p50', closedLoopMs, ({ histogram }) => histogram && msAt(histogram, 50));
  note('p99', closedLoopMs, ({ histogram }) => histogram && msAt(histogram, 99));
  note('p99.9', closedLoopMs, ({ histogram }) => histogram && msAt(histogram, 99.9));
  note(
    `CPU per 1,000 ${thing}s, gateway and Redis`,
    's',
    ({ gatewayCpuUs = Number.NaN, redisCpuUs = Number.NaN }) => (gatewayCpuUs + redisCpuUs) / 1000,
  );
  note(`Redis commands per 1,000 ${thing}s`, '', ({ redisCommands = Number.NaN }) => redisCommands * 1000);
  note('CPU of the generator, of one core', '%', ({ generatorShare = Number.NaN }) => generatorShare * 100);

  for (const [name, rounds] of found) {
    for (const { histogram } of rounds) if (histogram) board.addLatencies(scenario, name, histogram);
  }
  for (const client of new Set(contenders.map((contender) => contender.client))) {
    const asked = contenders.filter((contender) => contender.client === client);
    const rounds = new Map(asked.map(({ name }) => [name, found.get(name) ?? []]));
    remarkPressure(board, scenario, client ? `the ${client}` : generator, rounds);
  }
}
