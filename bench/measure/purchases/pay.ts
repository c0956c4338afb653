import type { Contender } from '../contest/contender.ts';
import { inTurns, postContest } from '../contest/contest.ts';
import { msAt } from '../load/histogram.ts';
import { Part } from '../part.ts';
import type { Scoreboard } from '../scoreboard.ts';
import { median } from '../statistics.ts';
import type { Options, Subject } from '../subject.ts';
import { multiRow } from './multi-row.ts';
import { type Paid, PayingCrowd } from './paying-crowd.ts';

/** Orders of a first look at how fast it goes. */
const firstOrders = 1_000;

/**
 * From the request to pay to the confirmed order, with the holds made before: orders a second against one
 * multi-row insert of the very rows that they left, what an order costs which program, and how long paying
 * takes at half of that rate.
 */
export async function pay(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const buyers = await Part.start('bench/measure/purchases/buyers/main.ts', subject);
  const parts = [buyers];
  const rounds = (crowd: PayingCrowd, name: string): Contender & { paid: Paid[] } => {
    const paid: Paid[] = [];
    return {
      name,
      usesRedis: true,
      paid,
      async round(seconds) {
        // As many orders as are paid in that time, by the last look.
        const rate =
          paid.at(-1)?.perSecond ??
          (await crowd.pay(firstOrders, { perSecond: null, waits: true })).perSecond;
        const one = await crowd.pay(Math.ceil(rate * seconds), { perSecond: null, waits: true });
        paid.push(one);
        return {
          perSecond: one.perSecond,
          histogram: one.pay,
          generatorShare: one.generatorCpuSeconds / one.seconds,
          machineShare: one.machineShare,
        };
      },
      audit: () => crowd.audit(),
    };
  };
  try {
    const crowd = new PayingCrowd(subject, buyers);
    const ours = rounds(crowd, 'doorbuster');
    const contenders: Contender[] = [ours];
    if (subject.isOurs) {
      const { contender, copier } = await multiRow(subject, async () => {
        await crowd.audit();
        return ours.paid.at(-1) ?? null;
      });
      parts.push(copier);
      contenders.push(contender);
    }
    const contest = { scenario: 'pay', thing: 'order', contenders };
    const found = await inTurns(contest, options);
    await ours.audit();
    postContest(board, contest, 'one process of node', found);
    noteCpu(board, ours.paid.slice(1));

    const rate =
      options.rate ??
      Math.floor(median((found.get('doorbuster') ?? []).map(({ perSecond }) => perSecond)) / 2);
    for (const waits of [true, false]) {
      const paced = await crowd.pay(options.seconds * rate, { perSecond: rate, waits });
      const name = `pay to ${waits ? 'confirmed' : 'durable'}`;
      for (const percentile of [50, 95, 99]) {
        board.note('pay', `${name} p${percentile}, at ${rate} orders/s`, 'ms', [msAt(paced.pay, percentile)]);
      }
    }
    await crowd.audit();
  } finally {
    await Promise.all(parts.map((part) => part.stop()));
  }
}

/** What an order costs which program, the warm-up left out. */
function noteCpu(board: Scoreboard, rounds: readonly Paid[]): void {
  const programs = [...new Set(rounds.flatMap(({ cpuSeconds }) => [...cpuSeconds.keys()]))];
  const msEach = ({ orders }: Paid, seconds: number) => (seconds * 1000) / orders;
  const note = (name: string, of: (round: Paid) => number) =>
    board.note(
      'pay',
      `CPU an order, ${name}`,
      'ms',
      rounds.map((round) => msEach(round, of(round))),
    );
  for (const program of programs) note(program, ({ cpuSeconds }) => cpuSeconds.get(program) ?? 0);
  note('the buyers', ({ generatorCpuSeconds }) => generatorCpuSeconds);
  note('all of it', ({ cpuSeconds, generatorCpuSeconds }) =>
    [...cpuSeconds.values()].reduce((sum, seconds) => sum + seconds, generatorCpuSeconds),
  );
}
