import { Violation } from './checks/violation.ts';
import type { Simulation } from './simulation.ts';

/** Numbers of its tasks begin here, above those of every schedule. */
const firstTask = 1_000_000;

/** As often as it takes for the longest lease to end, and for what follows from that. */
const roundsMax = 40;

/** By the sale's clock time passes no faster: a longer jump would become offset. */
const roundMs = 4_900;

/**
 * Lets everything that was begun come to its end, as workers and gateways do that live on: all steps are taken, all
 * jobs and passes made again and again while time passes, until nothing is held, paid, owed or untold any more. Then
 * the audit has to be clean. A simulation that does not come to that end has lost something.
 */
export async function drain(simulation: Simulation): Promise<void> {
  const { cast } = simulation;
  let task = firstTask;
  for (const provider of simulation.providers) provider.mood = 'well';
  for (let round = 0; round < roundsMax; round++) {
    await simulation.finishTasks();
    while (cast.jobs.waiting.length > 0 && task < firstTask + 100_000) {
      const before = cast.jobs.waiting.length;
      for (let i = 0; i < before; i++) {
        await simulation.apply({ kind: 'job', task: task++, worker: 0, which: 'oldest', stays: false });
        await simulation.finishTasks();
      }
      // What stays open is tried again when time has passed.
      if (cast.jobs.waiting.length >= before) break;
    }
    for (const pass of neededPasses(simulation, round)) {
      await simulation.apply({ kind: 'pass', task: task++, worker: 0, pass });
      await simulation.finishTasks();
    }
    await simulation.apply({ kind: 'tick', task: task++, gateway: 0 });
    await simulation.finishTasks();
    if ((await whatIsOpen(simulation)).length === 0) return audit(simulation, task);
    await simulation.apply({ kind: 'wait', ms: roundMs });
  }
  throw new Violation('everything comes to an end', (await whatIsOpen(simulation)).join(', '));
}

/** What is not at its end, in words. */
async function whatIsOpen(simulation: Simulation): Promise<string[]> {
  const { observed, facts, cast } = simulation;
  if (!observed) return ['the sale is not believed in Redis'];
  const open = Object.entries(facts.open).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
  for (const [id, { state }] of Object.entries(observed.reservations)) {
    if (state === 'held' || state === 'paying') open.push(`${id} is ${state}`);
  }
  if (await simulation.isUnrelayed()) open.push('events are not relayed');
  if (cast.jobs.waiting.length > 0) open.push(`${cast.jobs.waiting.length} jobs`);
  return open;
}

function neededPasses({ observed, facts, setup, cast }: Simulation, round: number): string[] {
  const all = cast.workers[0]?.work.passes.map(([name]) => name) ?? [];
  if (round % 4 === 3) return all;
  const needed = new Set<string>(['live sales']);
  if (!observed) needed.add('epochs');
  else {
    needed.add('relay of busy sales').add('relay');
    if (Object.keys(observed.pins).length > 0) needed.add('lapsed pins');
  }
  if (setup.method === 'queue') needed.add('draws');
  const passOf: Record<string, string> = {
    'unconfirmed holds': 'unconfirmed holds',
    payments: 'lost payments',
    refunds: 'refunds',
    restocks: 'returned units',
    'unpublished sales': 'missing sales',
    'unpublished revisions': 'late revisions',
  };
  for (const [what, count] of Object.entries(facts.open)) {
    const pass = passOf[what];
    if (count > 0 && pass) needed.add(pass);
  }
  return all.filter((name) => needed.has(name));
}

async function audit(simulation: Simulation, task: number): Promise<void> {
  await simulation.apply({ kind: 'pass', task, worker: 0, pass: 'ledger seals' });
  await simulation.finishTasks();
  const audited = await simulation.audit(task + 1);
  const { oversold, undersold, discrepancies, payments, ledger } = audited;
  if (oversold !== 0) throw new Violation('oversold is 0', String(oversold));
  if (undersold !== 0) throw new Violation('undersold is 0', String(undersold));
  if (discrepancies.length > 0) throw new Violation('the audit is clean', JSON.stringify(discrepancies));
  if (payments.duplicated !== 0 || payments.withoutOrder !== 0 || !ledger.balanced) {
    throw new Violation('the audit is clean', JSON.stringify({ payments, ledger }));
  }
  checkMoneyAtProviders(simulation);
  for (const { buyer, operation, key, status } of simulation.facts.keys) {
    if (status === null)
      throw new Violation('every key comes to an outcome', `${operation} ${key} of ${buyer}`);
  }
}

/** captured = confirmed + refunded, to the cent, by the providers' own books. */
function checkMoneyAtProviders({ providers, facts }: Simulation): void {
  const total = (of: 'captured' | 'refunded') =>
    providers.flatMap(({ charges }) => charges.tally()[of].sums).reduce((sum, { amount }) => sum + amount, 0);
  const kept = facts.payments
    .filter(({ state }) => state === 'captured' || state === 'refunded')
    .reduce((sum, { amount }) => sum + (amount ?? 0), 0);
  const back = facts.refunds
    .filter(({ state }) => state === 'refunded')
    .reduce((sum, { amount }) => sum + amount, 0);
  if (total('captured') !== kept || total('refunded') !== back) {
    const detail = `${total('captured')} captured and ${total('refunded')} refunded at the providers, ${kept} and ${back} here`;
    throw new Violation('captured = confirmed + refunded', detail);
  }
}
