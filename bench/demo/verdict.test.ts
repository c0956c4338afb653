import { expect, it } from 'vitest';
import { noOutcomes } from '../load/outcomes.ts';
import { type Evidence, judge } from './verdict.ts';

/** A clean run: 10 units, 20 buyers of whom 16 would pay. */
const clean = (): Evidence => ({
  buyers: 20,
  units: 10,
  payers: 16,
  price: { amount: 49_900, currency: 'USD' },
  clients: { ...noOutcomes(), confirmed: 10, soldOut: 8, walkedAway: 1, noShow: 1 },
  failures: {},
  lostHolds: 0,
  proof: { asked: 10, found: 10, repeated: [], missing: [] },
  audit: {
    saleId: 's',
    state: 'sold_out',
    epoch: 1,
    items: [{ sku: 'ps5', units: 10, available: 0, held: 0, paying: 0, sold: 10, committed: 10 }],
    standby: 0,
    orders: { confirmed: 10, pending: 0, failed: 1, cancelled: 0, refunded: 0 },
    oversold: 0,
    undersold: 0,
    ledger: { sold: 10, balanced: true, sealedThrough: null },
    payments: { captured: 10, refunded: 0, withoutOrder: 0, duplicated: 0 },
    relay: { lagEntries: 0, lagMs: 0 },
    discrepancies: [],
  },
  unsettled: null,
  provider: {
    captured: { count: 10, sums: [{ amount: 499_000, currency: 'USD' }] },
    refunded: { count: 0, sums: [] },
    authorized: { count: 0 },
    voided: { count: 0 },
    declined: { count: 2, byCode: { card_declined: 2 } },
    requiresAction: { count: 0 },
    failed: { count: 0 },
    answersLost: { count: 0 },
    requestsLost: { count: 0 },
    duplicates: { replayed: 0, refused: 0 },
    referencesCapturedTwice: [],
  },
});

const failed = (evidence: Evidence) => judge(evidence).flatMap(({ ok, name }) => (ok ? [] : [name]));
const item = (evidence: Evidence) => evidence.audit.items[0] as Evidence['audit']['items'][number];

it('finds nothing in a clean run', () => {
  expect(failed(clean())).toEqual([]);
});

it('is content when fewer pay than there are units', () => {
  const evidence = clean();
  Object.assign(evidence, { buyers: 12, payers: 10, units: 15 });
  evidence.clients = { ...noOutcomes(), confirmed: 10, walkedAway: 1, noShow: 1 };
  Object.assign(item(evidence), { units: 15, available: 5 });
  expect(failed(evidence)).toEqual([]);
});

const planted: [string, (evidence: Evidence) => void, string][] = [
  ['a hold that never ended', (e) => (e.unsettled = '1 held'), 'the sale has drained'],
  ['a buyer without an outcome', (e) => e.clients.soldOut--, 'every buyer has one outcome'],
  [
    'a buyer who met a bug',
    (e) => {
      e.clients.soldOut--;
      e.clients.failed++;
    },
    'every buyer has one outcome',
  ],
  [
    'a buyer left waiting',
    (e) => {
      e.clients.soldOut--;
      e.clients.unfinished++;
    },
    'every buyer has one outcome',
  ],
  [
    'a unit that nobody got though somebody wanted it',
    (e) => Object.assign(item(e), { sold: 9, available: 1, committed: 9 }),
    'everything that could be sold is sold',
  ],
  ['a sale that no client was told of', (e) => (e.payers = 9), 'everything that could be sold is sold'],
  ['a hold that never was', (e) => (e.lostHolds = 1), 'no hold is forgotten'],
  ['an oversold unit', (e) => (e.audit.oversold = 1), 'nothing is oversold, nothing undersold'],
  ['an undersold unit', (e) => (e.audit.undersold = 1), 'nothing is oversold, nothing undersold'],
  ['a unit in no bucket', (e) => (item(e).available = -1), 'every unit is somewhere'],
  ['units that were not asked for', (e) => (item(e).units = 11), 'every unit is somewhere'],
  [
    'a confirmed order that Postgres does not know',
    (e) => {
      e.proof.found = 9;
      e.proof.missing = ['ord_1 of buyer-1 is answered 404'];
    },
    'every confirmed order that a client saw is in Postgres, once',
  ],
  [
    'a buyer with two confirmed orders',
    (e) => e.proof.repeated.push('buyer-1'),
    'every confirmed order that a client saw is in Postgres, once',
  ],
  [
    'a confirmed order that no client saw',
    (e) => (e.audit.orders.confirmed = 11),
    'every confirmed order that a client saw is in Postgres, once',
  ],
  [
    'a captured payment too many',
    (e) => (e.audit.payments.captured = 11),
    'captured payments are the confirmed orders',
  ],
  [
    'a payment without an order',
    (e) => (e.audit.payments.withoutOrder = 1),
    'captured payments are the confirmed orders',
  ],
  [
    'an order paid twice',
    (e) => (e.audit.payments.duplicated = 1),
    'captured payments are the confirmed orders',
  ],
  [
    'a charge that only the provider knows',
    (e) => e.provider.captured.count++,
    'the payment provider has the same charges',
  ],
  [
    'a charge of another amount',
    (e) => (e.provider.captured.sums = [{ amount: 498_999, currency: 'USD' }]),
    'the payment provider has the same charges',
  ],
  [
    'a charge in another currency',
    (e) => e.provider.captured.sums.push({ amount: 1, currency: 'EUR' }),
    'the payment provider has the same charges',
  ],
  [
    'a reference captured twice',
    (e) => e.provider.referencesCapturedTwice.push('A-1'),
    'the payment provider has the same charges',
  ],
  [
    'a journal out of balance',
    (e) => (e.audit.ledger.balanced = false),
    'the journal sums to zero and knows every sale',
  ],
  [
    'a sale missing in the journal',
    (e) => (e.audit.ledger.sold = 9),
    'the journal sums to zero and knows every sale',
  ],
  ['a guard that fell behind', (e) => (item(e).committed = 9), 'Redis and Postgres agree'],
  [
    'a discrepancy',
    (e) => e.audit.discrepancies.push({ kind: 'guardMismatch', subject: 'ps5', detail: '10 ≠ 9' }),
    'Redis and Postgres agree',
  ],
];

it.each(planted)('finds %s', (_, plant, name) => {
  const evidence = clean();
  plant(evidence);
  expect(failed(evidence)).toContain(name);
});

it('has a planted fault for every check', () => {
  expect(new Set(planted.map(([, , name]) => name))).toEqual(new Set(judge(clean()).map(({ name }) => name)));
});
