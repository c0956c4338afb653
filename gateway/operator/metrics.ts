import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { SaleSnapshot } from '../../engine/contracts/sale.ts';
import { saleStates } from '../../engine/contracts/states.ts';
import type { Settlement } from '../../engine/surface.ts';
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

/** What the operator's plane measures: its process, and every sale that Redis knows. */
export function createMetrics(settlement: Pick<Settlement, 'saleIds' | 'snapshot'>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name: `doorbuster_${name}`, help, labelNames, registers: [registry] });
  const units = gauge('sale_units', 'units of a SKU by where they are', ['sale', 'sku', 'bucket']);
  const states = gauge('sale_state', '1 for the state that a sale is in', ['sale', 'state']);
  const numbers = Object.entries(saleNumbers).map(([name, help]) => ({
    name: name as keyof typeof saleNumbers,
    gauge: gauge(`sale_${name}`, help, ['sale']),
  }));

  const redisUp = gauge('redis_up', '1 while Redis answers', []);

  const show = (sale: string, snapshot: SaleSnapshot) => {
    for (const count of snapshot.stock) {
      for (const bucket of buckets) units.set({ sale, sku: count.sku, bucket }, count[bucket]);
    }
    for (const state of Object.keys(saleStates))
      states.set({ sale, state }, Number(state === snapshot.state));
    for (const number of numbers) number.gauge.set({ sale }, snapshot[number.name]);
  };

  return {
    contentType: registry.contentType,
    async text() {
      for (const each of [units, states, ...numbers.map((number) => number.gauge)]) each.reset();
      try {
        const saleIds = await settlement.saleIds();
        const snapshots = await Promise.all(saleIds.map((saleId) => settlement.snapshot(saleId)));
        saleIds.forEach((saleId, at) => {
          const snapshot = snapshots[at];
          if (snapshot) show(saleId, snapshot);
        });
        redisUp.set(1);
      } catch (error) {
        if (!isAbsence(error)) throw error;
        redisUp.set(0);
      }
      return registry.metrics();
    },
  };
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
