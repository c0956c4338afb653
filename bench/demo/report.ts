import { measures } from '../load/latency.ts';
import { outcomes } from '../load/outcomes.ts';
import { incidents } from '../load/tally.ts';
import type { DemoResult } from './result.ts';

/** The report that a person reads: outcomes, latency, audit, checks, verdict. */
export function report(result: DemoResult): string {
  const { audit, machine } = result;
  return [
    '',
    `Outcome of ${count(result.buyers)} buyers for ${count(result.units)} units (seed ${result.seed}, ${result.durationSeconds} s)`,
    ...table([
      ...outcomes
        .filter((outcome) => result.clients[outcome] > 0 || outcome === 'confirmed')
        .map((outcome) => [spaced(outcome), count(result.clients[outcome])]),
      ['sum', count(Object.values(result.clients).reduce((sum, clients) => sum + clients, 0))],
    ]),
    '',
    'On the way',
    ...table(incidents.map((incident) => [spaced(incident), count(result.incidents[incident])])),
    ...table(Object.entries(result.refusals).map(([code, times]) => [`refused: ${code}`, count(times)])),
    '',
    `Latency in ms, seen by the clients (${result.ordersPerSecond} orders/s, ${result.ordersPerSecondMax} in the best second)`,
    ...table([
      ['', 'count', 'p50', 'p90', 'p99', 'max'],
      ...measures.map((measure) => {
        const { count: times, p50, p90, p99, max } = result.latency[measure];
        return [latencyNames[measure], count(times), ...[p50, p90, p99, max].map((ms) => ms.toFixed(1))];
      }),
    ]),
    '',
    `Audit of ${audit.saleId} (${audit.state}), read from Redis and Postgres`,
    ...table([
      ['sku', 'units', 'available', 'held', 'paying', 'sold', 'committed'],
      ...audit.items.map((item) => [
        item.sku,
        ...[item.units, item.available, item.held, item.paying, item.sold, item.committed].map(count),
      ]),
    ]),
    ...table([
      ['oversold', count(audit.oversold)],
      ['undersold', count(audit.undersold)],
      ['orders confirmed', count(audit.orders.confirmed)],
      ['orders failed', count(audit.orders.failed)],
      ['payments captured', count(audit.payments.captured)],
      ['journal', audit.ledger.balanced ? 'balanced' : 'NOT BALANCED'],
      ['relay lag', count(audit.relay.lagEntries)],
      ['discrepancies', count(audit.discrepancies.length)],
    ]),
    '',
    'Checks',
    ...result.checks.map(({ ok, name, detail }) => `  ${ok ? 'ok  ' : 'FAIL'} ${name}: ${detail}`),
    '',
    `Measured on ${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}`,
    '',
    verdict(result),
    '',
  ].join('\n');
}

function verdict({ clean, checks, audit }: DemoResult): string {
  if (clean) {
    return `CLEAN: ${count(audit.orders.confirmed)} sold, none twice, none lost, every confirmed order is in Postgres.`;
  }
  const failed = checks.filter((check) => !check.ok).map((check) => check.name);
  return `NOT CLEAN: ${failed.join('; ')}.`;
}

const latencyNames = {
  join: 'join to ticket',
  reserve: 'reserve to held or standby',
  pay: 'pay to accepted (202)',
  confirm: 'pay to confirmed',
} as const;

const grouped = new Intl.NumberFormat('en-US');
const count = (value: number): string => grouped.format(value);

/** `walkedAway` → `walked away`. */
const spaced = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** First column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map(
    (row) =>
      `  ${row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')}`,
  );
}
