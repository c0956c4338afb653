import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { demand } from '../failure.ts';
import { fillRoom, joiner } from '../room/fill.ts';
import { auditDrained, BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { percentile } from '../watch/percentile.ts';
import { Entrants } from './entrants.ts';
import { Evidence, forgeries } from './evidence.ts';

const few = 100_000;
const many = 1_000_000;
/** The crowd comes in so many parts, and buyers whose tickets are checked come after each. */
const parts = 20;
const checkedPerPart = 10;
const frozenWithinMs = 300_000;
const beacon = { source: 'a beacon of the bench', round: 1, at: '' };

/**
 * A drawn sale from the first entrant to the opening, on real stores: how long its entrants' root takes, what
 * joining costs meanwhile, and whether `verify-draw` reproduces the draw and refuses each forgery of it.
 */
export async function draw(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const count = options.isLarge ? many : few;
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  const sale = await BenchSale.create(subject, {
    method: 'queue',
    opensAt: inAnHour,
    beacon: { ...beacon, at: inAnHour },
  });
  const entrants = new Entrants(subject, sale.id);
  const part = await joiner(subject);
  for (let filled = 0; filled < parts; filled++) {
    await fillRoom(part, sale.id, count / parts - checkedPerPart);
    await entrants.join(checkedPerPart);
  }
  await part.stop();
  const sample = entrants.count;

  const latencies: number[] = [];
  const startMs = performance.now();
  const opening = sale.command('open');
  let frozen = await entrants.draw();
  while (frozen.entrantsRoot === null) {
    demand(performance.now() - startMs < frozenWithinMs, 'the entrants were never fixed');
    const askedMs = performance.now();
    await entrants.join(1);
    latencies.push(performance.now() - askedMs);
    frozen = await entrants.draw();
    await sleep(20);
  }
  const seconds = (performance.now() - startMs) / 1000;
  await opening;
  demand(
    frozen.preEntrants !== null && frozen.preEntrants >= count,
    'somebody is missing among the entrants',
  );
  await sale.command('beacon', { value: randomBytes(32).toString('hex') });
  let opened = await entrants.draw();
  while (opened.openedAt === null) {
    demand(performance.now() - startMs < frozenWithinMs, 'the sale was never drawn');
    await sleep(50);
    opened = await entrants.draw();
  }

  const evidence = new Evidence(subject.directory, frozen, opened, await entrants.tickets());
  const lines = await evidence.verify();
  for (const line of lines) console.log(`  ${line}`);
  for (const [name, forged] of Object.entries(forgeries(evidence))) {
    demand(!(await forged.isAccepted()), `verify-draw accepts a draw with another ${name}`);
    console.log(`  refused: one flipped byte in the ${name}`);
  }
  await auditDrained(sale, { min: 0, max: 0 });

  const size = `${Number(opened.preEntrants).toLocaleString('en-US')} entrants`;
  board.note('draw', 'root', `s from the freeze to the published root of ${size}`, [seconds]);
  board.note('draw', 'tickets', `reproduced by verify-draw, of ${entrants.count} asked for`, [
    evidence.ticketCount,
  ]);
  board.note('draw', 'joined meanwhile', 'of those joined while the root was made', [
    entrants.count - sample,
  ]);
  if (latencies.length > 0) {
    board.note('draw', 'join p99', 'ms over HTTP while the root was made', [percentile(latencies, 99)]);
  }
  await sale.command('close');
}
