import { setTimeout as sleep } from 'node:timers/promises';
import { demand } from '../failure.ts';
import { auditDrained, BenchSale } from '../sales.ts';
import type { Scoreboard } from '../scoreboard.ts';
import type { Options, Subject } from '../subject.ts';
import { Till } from './till.ts';

const perMinute = 600;
/** Ten times of it is still below the provider's time-out. */
const usualMs = 250;
const slowFactor = 10;
const lookMs = 100;
/** Of looks whose calls make up a pace. */
const paceMs = 2_000;
/** Longer than the oldest order may wait while the provider is slow, at the pace that the brake leaves. */
const oldestMsMax = 20_000;
const recoversWithinMs = 60_000;

interface Look {
  atMs: number;
  called: number;
  oldestMs: number;
}

/** Turns called a second, over the last `paceMs` before a look. */
function paceAt(looks: readonly Look[], at: number): number {
  const to = looks[at] as Look;
  const from = looks.findLast(({ atMs }) => atMs <= to.atMs - paceMs) ?? (looks[0] as Look);
  return ((to.called - from.called) * 1000) / Math.max(1, to.atMs - from.atMs);
}

/**
 * The provider becomes ten times slower in mid-sale, and later as fast as before, while buyers come as they are
 * called and pay at once: how the pace follows, and how old the oldest unconfirmed order gets. Real worker,
 * real provider simulator; nobody helps. Where the workers keep up with the slower provider, the pace comes back
 * while it is still slow: what payments usually take is learned anew, and what is bounded is the oldest order.
 */
export async function slowProvider(subject: Subject, options: Options, board: Scoreboard): Promise<void> {
  const phaseMs = Math.max(10, options.seconds) * 1000;
  const target = perMinute / 60;
  const sale = await BenchSale.create(
    subject,
    { method: 'fifo', perMinute, opensAt: new Date(Date.now() + 3_600_000).toISOString() },
    100_000,
  );
  const till = new Till(subject, sale);
  await setLatency(subject, usualMs);
  await till.join(Math.ceil(((3 * phaseMs + recoversWithinMs) / 1000) * target * 1.2));
  await sale.command('open');

  const startMs = performance.now();
  const looks: Look[] = [];
  const lookFor = async (ms: number, isEnough: () => boolean = () => false) => {
    const first = looks.length;
    const untilMs = performance.now() + ms;
    while (performance.now() < untilMs && !isEnough()) {
      const { called, oldestMs } = await till.look();
      looks.push({ atMs: performance.now() - startMs, called, oldestMs });
      await sleep(lookMs);
    }
    return { first, last: looks.length - 1 };
  };
  const paceNow = () => paceAt(looks, looks.length - 1);

  const before = await lookFor(phaseMs);
  const usual = paceAt(looks, before.last);
  const usualPaymentMs = mean(till.paymentsMs);
  await setLatency(subject, usualMs * slowFactor);
  const slow = await lookFor(2 * phaseMs);
  await setLatency(subject, usualMs);
  const after = await lookFor(recoversWithinMs, () => paceNow() >= usual * 0.9);
  const recoveredAfterMs = (looks[after.last] as Look).atMs - (looks[slow.last] as Look).atMs;
  await lookFor(paceMs);
  await till.everybodyIsServed();

  const slowest = Math.min(...looks.slice(slow.first).map((_, i) => paceAt(looks, slow.first + i)));
  const oldestMs = Math.max(...looks.slice(slow.first).map((look) => look.oldestMs));
  // As lua/admission/tick-12.lua has it: the oldest payment is much older than payments usually are.
  const overdueAt = looks.findIndex((look, at) => at >= slow.first && look.oldestMs > 4 * usualPaymentMs);
  const slowedAt = looks.findIndex(
    (_, at) => at > overdueAt && calledSince(looks, at, 500) <= (target / 2) * 0.5,
  );
  demand(usual >= target * 0.8, `${usual.toFixed(1)} turns a second were called before, not ${target}`);
  demand(overdueAt > 0 && slowedAt > 0, 'the pace never slowed');
  demand(
    slowest <= usual * 0.75,
    `at its slowest the pace was ${slowest.toFixed(1)} of ${usual.toFixed(1)} turns a second`,
  );
  demand(oldestMs <= oldestMsMax, `an order waited ${Math.round(oldestMs)} ms to be confirmed`);
  demand(paceNow() >= usual * 0.8, `the pace is ${paceNow().toFixed(1)} turns a second after all`);
  await sale.command('close');
  await auditDrained(sale, { min: 0, max: 0 });
  const { orders } = await sale.audit();
  demand(
    orders.confirmed === till.paymentsMs.length,
    `${orders.confirmed} orders of ${till.paymentsMs.length} that buyers saw`,
  );

  const note = (name: string, unit: string, value: number) =>
    board.note('slow-provider', name, unit, [value]);
  note('pace before', 'turns called a second', usual);
  note('pace at its slowest', 'turns called a second', slowest);
  note(
    'slowed after',
    'ms from the first overdue payment to half the pace, looks 100 ms apart, over 500 ms',
    (looks[slowedAt] as Look).atMs - (looks[overdueAt] as Look).atMs,
  );
  note('oldest unconfirmed order', 'ms at most', oldestMs);
  note('recovered after', 'ms from the provider being as before to 90 % of the pace', recoveredAfterMs);
  note('usual payment', 'ms from paying to confirmed, before', usualPaymentMs);
  note('orders', 'confirmed', till.paymentsMs.length);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Turns called within so many ms before a look. */
function calledSince(looks: readonly Look[], at: number, ms: number): number {
  const to = looks[at] as Look;
  const from = looks.findLast(({ atMs }) => atMs <= to.atMs - ms);
  return to.called - (from?.called ?? 0);
}

async function setLatency({ environment }: Subject, latencyMs: number): Promise<void> {
  const response = await fetch(`${environment.PROVIDER_URL}/control`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ latencyMs }),
  });
  demand(response.ok, `the provider simulator was answered ${response.status}`);
}
