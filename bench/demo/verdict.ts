import { minorDigitsOf } from '../../engine/contracts/money.ts';
import type { Audit } from '../../engine/contracts/wire/sales.ts';
import type { OutcomeCounts } from '../load/outcomes.ts';
import type { ChargeTally as ProviderTally } from '../psp/tally.ts';
import type { Proof } from './proof.ts';

/** Everything that is known when a rush is over and the sale has drained. */
export interface Evidence {
  buyers: number;
  units: number;
  /** Buyers who would pay as soon as they could. */
  payers: number;
  price: { amount: number; currency: string };
  clients: OutcomeCounts;
  /** Why buyers failed, with how many did. */
  failures: Record<string, number>;
  /** Holds that clients were told of, and that never were when they came to pay. */
  lostHolds: number;
  proof: Proof;
  audit: Audit;
  /** What still moved when the time to drain was up; null where nothing did. */
  unsettled: string | null;
  provider: ProviderTally;
}

export interface Check {
  name: string;
  ok: boolean;
  /** What was found, in numbers. */
  detail: string;
}

/** The verdict, a check at a time. The demo has succeeded if every one of them is ok. */
export function judge(evidence: Evidence): Check[] {
  return [
    drained(evidence),
    everybodyEnded(evidence),
    keptItsWord(evidence),
    soldWhatCouldBeSold(evidence),
    neitherOverNorUndersold(evidence),
    unitsAddUp(evidence),
    everyConfirmedIsDurable(evidence),
    capturedIsConfirmed(evidence),
    providerAgrees(evidence),
    journalBalances(evidence),
    storesAgree(evidence),
  ];
}

const check = (name: string, detail: string, ...facts: boolean[]): Check => ({
  name,
  ok: facts.every(Boolean),
  detail,
});

const soldOf = (audit: Audit) => audit.items.reduce((sum, item) => sum + item.sold, 0);

const drained = ({ unsettled }: Evidence): Check =>
  check(
    'the sale has drained',
    unsettled === null ? 'nothing is held, paid or relayed any more' : `still ${unsettled}`,
    unsettled === null,
  );

function everybodyEnded({ buyers, clients, failures }: Evidence): Check {
  const ended = Object.values(clients).reduce((sum, count) => sum + count, 0);
  const reasons = Object.entries(failures).map(([reason, count]) => `${count} × ${reason}`);
  const detail = `${ended} outcomes of ${buyers} buyers, ${clients.failed} failed, ${clients.unfinished} unfinished`;
  return check(
    'every buyer has one outcome',
    [detail, ...reasons].join('; '),
    ended === buyers,
    clients.failed === 0,
    clients.unfinished === 0,
  );
}

const keptItsWord = ({ lostHolds }: Evidence): Check =>
  check(
    'no hold is forgotten',
    lostHolds === 0
      ? 'every hold lasted as long as was said'
      : `${lostHolds} holds were gone before their time`,
    lostHolds === 0,
  );

/** Nobody who would pay gives up while there is hope: less than this sold is a unit that got lost. */
function soldWhatCouldBeSold({ audit, units, payers, clients }: Evidence): Check {
  const sold = soldOf(audit);
  const possible = Math.min(units, payers);
  const because = payers < units ? `only ${payers} buyers pay` : `${units} units`;
  return check(
    'everything that could be sold is sold',
    `${sold} sold of ${possible} possible (${because}), ${clients.confirmed} clients were told`,
    sold === possible,
    sold === clients.confirmed,
  );
}

const neitherOverNorUndersold = ({ audit }: Evidence): Check =>
  check(
    'nothing is oversold, nothing undersold',
    `oversold ${audit.oversold}, undersold ${audit.undersold}`,
    audit.oversold === 0,
    audit.undersold === 0,
  );

function unitsAddUp({ audit, units }: Evidence): Check {
  const bad = audit.items.filter(
    ({ available, held, paying, sold, ...item }) => available + held + paying + sold !== item.units,
  );
  const total = audit.items.reduce((sum, item) => sum + item.units, 0);
  return check(
    'every unit is somewhere',
    bad.length === 0
      ? `available + held + paying + sold = ${total}`
      : `not for ${bad.map((item) => item.sku).join(', ')}`,
    bad.length === 0,
    total === units,
  );
}

function everyConfirmedIsDurable({ proof, audit, clients }: Evidence): Check {
  const parts = [
    `${proof.found} of ${proof.asked} found by their buyers, ${audit.orders.confirmed} confirmed in Postgres`,
    ...(proof.repeated.length > 0 ? [`told twice: ${proof.repeated.slice(0, 5).join(', ')}`] : []),
    ...proof.missing,
  ];
  return check(
    'every confirmed order that a client saw is in Postgres, once',
    parts.join('; '),
    proof.asked === clients.confirmed,
    proof.found === proof.asked,
    proof.repeated.length === 0,
    audit.orders.confirmed === proof.asked,
  );
}

const capturedIsConfirmed = ({ audit: { payments, orders } }: Evidence): Check =>
  check(
    'captured payments are the confirmed orders',
    `${payments.captured} captured, ${orders.confirmed} confirmed, ${payments.withoutOrder} without an order, ${payments.duplicated} twice`,
    payments.captured === orders.confirmed,
    payments.withoutOrder === 0,
    payments.duplicated === 0,
  );

function providerAgrees({ provider, audit, price }: Evidence): Check {
  const { count, sums } = provider.captured;
  const expected = audit.orders.confirmed * price.amount;
  const received = sums.find((sum) => sum.currency === price.currency)?.amount ?? 0;
  const foreign = sums.filter((sum) => sum.currency !== price.currency).length;
  const twice = provider.referencesCapturedTwice;
  return check(
    'the payment provider has the same charges',
    `${count} captured there, ${money(received, price.currency)} of ${money(expected, price.currency)}` +
      (twice.length > 0 ? `, twice: ${twice.slice(0, 5).join(', ')}` : ''),
    count === audit.orders.confirmed,
    received === expected,
    foreign === 0,
    twice.length === 0,
  );
}

const journalBalances = ({ audit }: Evidence): Check =>
  check(
    'the journal sums to zero and knows every sale',
    `${audit.ledger.balanced ? 'balanced' : 'NOT balanced'}, ${audit.ledger.sold} sold in the journal`,
    audit.ledger.balanced,
    audit.ledger.sold === soldOf(audit),
  );

function storesAgree({ audit }: Evidence): Check {
  const apart = audit.items.filter((item) => item.committed !== item.paying + item.sold);
  const parts = [
    ...apart.map(
      (item) => `${item.sku}: committed ${item.committed}, paying ${item.paying}, sold ${item.sold}`,
    ),
    ...audit.discrepancies.slice(0, 5).map(({ kind, subject, detail }) => `${kind} ${subject}: ${detail}`),
  ];
  return check(
    'Redis and Postgres agree',
    parts.length === 0
      ? `committed ${audit.items.map((item) => item.committed).join(', ')} on both sides`
      : parts.join('; '),
    apart.length === 0,
    audit.discrepancies.length === 0,
  );
}

const money = (amountMinor: number, currency: string): string => {
  const digits = minorDigitsOf(currency);
  const fractions = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const format = new Intl.NumberFormat('en-US', { style: 'currency', currency, ...fractions });
  return format.format(amountMinor / 10 ** digits);
};
