import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Reconciliation, RelayLag } from '../../engine/contracts/reconciliation.ts';
import type { SaleSnapshot } from '../../engine/contracts/sale.ts';
import { saleStates } from '../../engine/contracts/states.ts';
import type { Settlement, SlowSales } from '../../engine/surface.ts';
import { isAbsence } from '../guard/absence.ts';
import { type Route, route } from '../http/route.ts';

const buckets = ['available', 'held', 'paying', 'sold'] as const;

/** Numbers of one sale that are read with its snapshot. */
const saleNumbers = {
  entrants: 'buyers who have taken a place in the waiting room',
  serving: 'turns below this are called',
  standby: 'buyers who stand by for a unit that comes back',
  epoch: "the sale's epoch",
} as const satisfies Partial<Record<keyof SaleSnapshot, string>>;

export interface Metrics {
  contentType: string;
  /** Reads the sales, then writes everything down. */
  text(): Promise<string>;
}

export interface MetricsParts {
  settlement: Pick<Settlement, 'saleIds' | 'snapshot'>;
  reconciliation: Pick<Reconciliation, 'counts' | 'relayLags'>;
  slowSales: Pick<SlowSales, 'refresh' | 'list'>;
}

/** What the operator's plane measures: its process, every sale that Redis knows, and what does not agree. */
export function createMetrics({ settlement, reconciliation, slowSales }: MetricsParts): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name: `doorbuster_${name}`, help, labelNames, registers: [registry] });
  const units = gauge('sale_units', 'units of a SKU by where they are', ['sale', 'sku', 'bucket']);
  const states = gauge('sale_state', '1 for the state that a sale is in', ['sale', 'state']);
  const slow = gauge('sale_slow', '1 while a sale sells through Postgres, because Redis is away', ['sale']);
  const numbers = Object.entries(saleNumbers).map(([name, help]) => ({
    name: name as keyof typeof saleNumbers,
    gauge: gauge(`sale_${name}`, help, ['sale']),
  }));

  const redisUp = gauge('redis_up', '1 while Redis answers', []);
  const postgresUp = gauge('postgres_up', '1 while Postgres answers', []);
  const discrepancies = gauge('discrepancies', 'discrepancies that are for a person to decide', [
    'sale',
    'kind',
  ]);
  const repairs = gauge('repairs_total', 'discrepancies that were repaired, ever', ['sale', 'kind']);
  const relayEntries = gauge('relay_lag_entries', 'outbox entries that the journal has not got yet', [
    'sale',
  ]);
  const relaySeconds = gauge('relay_lag_seconds', 'age of the oldest of them', ['sale']);
  const perSale = [units, states, slow, ...numbers.map((number) => number.gauge), relayEntries, relaySeconds];

  const show = (sale: string, snapshot: Pick<SaleSnapshot, 'stock' | 'state'>) => {
    for (const count of snapshot.stock) {
      for (const bucket of buckets) units.set({ sale, sku: count.sku, bucket }, count[bucket]);
    }
    for (const state of Object.keys(saleStates))
      states.set({ sale, state }, Number(state === snapshot.state));
  };

  async function showSales(): Promise<void> {
    const saleIds = await settlement.saleIds();
    // One that is damaged blanks no other, and does not mean that Redis is away.
    const looks = await Promise.allSettled(saleIds.map((saleId) => settlement.snapshot(saleId)));
    saleIds.forEach((saleId, at) => {
      const look = looks[at];
      if (look?.status !== 'fulfilled' || !look.value) return;
      const snapshot = look.value;
      show(saleId, snapshot);
      for (const number of numbers) number.gauge.set({ sale: saleId }, snapshot[number.name]);
    });
  }

  async function showSlowSales(): Promise<void> {
    await slowSales.refresh();
    for (const sale of slowSales.list()) {
      show(sale.saleId, sale);
      slow.set({ sale: sale.saleId }, 1);
    }
  }

  async function showDiscrepancies(): Promise<void> {
    for (const { saleId, kind, open, repaired } of await reconciliation.counts()) {
      discrepancies.set({ sale: saleId, kind }, open);
      repairs.set({ sale: saleId, kind }, repaired);
    }
  }

  function showLags(lags: readonly RelayLag[]): void {
    for (const { saleId, entries, ms } of lags) {
      relayEntries.set({ sale: saleId }, entries);
      relaySeconds.set({ sale: saleId }, ms / 1_000);
    }
  }

  return {
    contentType: registry.contentType,
    async text() {
      for (const each of [...perSale, discrepancies, repairs]) each.reset();
      await Promise.all([
        ask(redisUp, showSales),
        ask(postgresUp, showDiscrepancies),
        // Takes both stores; which of them is away is told by the other two.
        reconciliation.relayLags().then(showLags, unlessAway),
      ]);
      // For these Redis does not speak, not even once it is back.
      await showSlowSales();
      return registry.metrics();
    },
  };
}

function unlessAway(error: unknown): void {
  if (!isAbsence(error)) throw error;
}

/** Asks a store, and writes down whether it answered. */
async function ask(isUp: Gauge, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    isUp.set(1);
  } catch (error) {
    unlessAway(error);
    isUp.set(0);
  }
}

export const metricsRoute = (metrics: Metrics): Route =>
  route({
    method: 'GET',
    path: '/metrics',
    tag: 'health',
    summary: 'Prometheus text; the port is the guard, so no login',
    access: 'public',
    replies: { 200: { description: 'metrics', contentType: 'text/plain' } },
    answer: async () => ({
      status: 200,
      body: await metrics.text(),
      headers: { 'Content-Type': metrics.contentType },
    }),
  });
