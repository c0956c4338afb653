import { setTimeout as sleep } from 'node:timers/promises';
import type { SaleState } from '../../engine/contracts/states.ts';
import { RedisUnavailable } from '../../engine/index.ts';
import type { ObservedSale, Settlement } from '../../engine/surface.ts';
import type { Log } from '../log.ts';
import { isBefore } from '../outbox/position.ts';
import { relayAll } from '../outbox/relay.ts';
import type { Postgres, PostgresPool } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';
import { streamedStatement } from '../postgres/streamed.ts';
import { inTransaction } from '../postgres/transaction.ts';
import type { LostReservation } from '../rebuild/rows.ts';
import { Comparison } from './apart.ts';
import { type Discrepancy, merged, nameOf } from './discrepancy.ts';
import { redisAtFault } from './redis-at-fault.ts';
import { rowsAtFault } from './rows-at-fault.ts';
import { type StandingSale, standingAt } from './standing.ts';

interface StandingRow {
  state: SaleState;
  epoch: number;
  is_published: boolean;
  position: string;
  /** No change of an operator's is on its way to Redis. */
  is_settled: boolean;
  units: Record<string, number>;
}

const readPosition = statement<{ position: string }>('read-relay-position');
const lostStanding = statement<StandingRow>('lost-standing');
const lostReservations = streamedStatement<LostReservation>('lost-reservations');

/** A commit of the relay's takes some milliseconds; two seconds are no commit any more. */
const relayAttemptsMax = 40;
const relayAgainMs = 50;

export interface FindingParts {
  rows: PostgresPool;
  /** Plans through statistics: reads whole sales. */
  reports: PostgresPool;
  settlement: Pick<Settlement, 'observe' | 'life' | 'outbox' | 'trimOutbox' | 'push'>;
  log: Log;
}

/** What a look found, and whether Redis could be looked at. */
export interface Findings {
  discrepancies: Discrepancy[];
  /** `away`, also while it is being rebuilt: only Postgres was looked at. `lost`: there is nothing to compare. */
  redis: 'compared' | 'away' | 'lost';
  /** The epoch that was looked at. */
  epoch: number;
}

/**
 * Everything about a sale that does not agree. Redis is read as it was at one position of its stream, the relay
 * carries the journal there, and then Postgres is read at one moment: what is under way is in neither, or in
 * both. Whatever is found is looked for once more, and only what is there both times is told. Null where there
 * is no such sale.
 */
export async function findDiscrepancies(parts: FindingParts, saleId: string): Promise<Findings | null> {
  const first = await lookOnce(parts, saleId);
  if (!first || first.discrepancies.length === 0) return first;
  const second = await lookOnce(parts, saleId);
  if (!second) return second;
  const before = new Set(first.discrepancies.map(nameOf));
  return {
    epoch: second.epoch,
    redis: first.redis === 'compared' ? second.redis : first.redis,
    discrepancies: second.discrepancies.filter((one) => before.has(nameOf(one))),
  };
}

type Seen = { kind: 'seen'; sale: ObservedSale } | { kind: 'away' } | { kind: 'lost'; found: Discrepancy };

/** One of the two looks of `findDiscrepancies`. */
export async function lookOnce(
  { rows, reports, settlement, log }: FindingParts,
  saleId: string,
): Promise<Findings | null> {
  const [standing] = await lostStanding(reports, [saleId]);
  if (!standing) return null;
  const seen = standing.is_published
    ? await observe(settlement, saleId, standing)
    : ({ kind: 'away' } as const);
  if (seen.kind === 'seen') await relayThrough({ rows, reports, settlement, log }, saleId, seen.sale.through);
  return inTransaction(
    reports,
    async (transaction) => {
      const [row] = (await lostStanding(transaction, [saleId])) as [StandingRow];
      const inPostgres = await rowsAtFault(transaction, saleId);
      const { epoch } = standing;
      if (seen.kind === 'lost')
        return { discrepancies: merged([...inPostgres, seen.found]), redis: 'lost', epoch };
      const inRedis = seen.kind === 'seen' ? await apart(transaction, saleId, seen.sale, row) : null;
      return {
        discrepancies: merged([...inPostgres, ...(inRedis ?? [])]),
        redis: inRedis === null ? 'away' : 'compared',
        epoch,
      };
    },
    'REPEATABLE READ, READ ONLY',
  );
}

/** Relays until the journal is there. Where another relay is at it, that one is waited for; not for ever. */
async function relayThrough(
  { rows, settlement, log }: FindingParts,
  saleId: string,
  position: string,
): Promise<void> {
  for (let attempt = 0; attempt < relayAttemptsMax; attempt++) {
    if (attempt > 0) await sleep(relayAgainMs);
    await relayAll(rows, settlement, log, saleId);
    const [relay] = await readPosition(rows, [saleId]);
    if (!relay || !isBefore(relay.position, position)) return;
  }
}

async function observe(
  settlement: FindingParts['settlement'],
  saleId: string,
  { epoch }: StandingRow,
): Promise<Seen> {
  try {
    const sale = await settlement.observe(saleId);
    // One that began another epoch, or is about to, is seen to by whoever follows Redis.
    if (sale) return sale.epoch === epoch ? { kind: 'seen', sale } : { kind: 'away' };
    if ((await settlement.life(saleId)).isBeingRebuilt) return { kind: 'away' };
    const detail = 'Redis does not know the sale';
    return { kind: 'lost', found: { kind: 'saleMissing', subject: saleId, detail } };
  } catch (error) {
    if (error instanceof RedisUnavailable) return { kind: 'away' };
    const detail = `what lies in Redis is not a sale: ${(error as Error).message}`;
    return { kind: 'lost', found: { kind: 'unreadable', subject: saleId, detail } };
  }
}

async function apart(
  transaction: Postgres,
  saleId: string,
  observed: ObservedSale,
  row: StandingRow,
): Promise<Discrepancy[] | null> {
  if (row.epoch !== observed.epoch) return null;
  if (isBefore(row.position, observed.through)) {
    const detail = `Redis is at ${observed.through}, the journal stays at ${row.position}`;
    return [{ kind: 'relayStuck', subject: saleId, detail }];
  }
  const sale = await standingAt(transaction, saleId, observed);
  const comparison = new Comparison(sale);
  for await (const reservation of lostReservations(transaction, [saleId])) comparison.add(reservation);
  comparison.end();
  return [...redisAtFault(sale), ...comparison.found, ...saleApart(saleId, sale, row)];
}

function saleApart(saleId: string, { stock, state }: StandingSale, row: StandingRow): Discrepancy[] {
  const found: Discrepancy[] = [];
  if (state !== row.state) {
    const detail = `by Postgres it is ${row.state}, in Redis ${state}`;
    found.push({ kind: 'saleStateMismatch', subject: saleId, detail });
  }
  if (!row.is_settled) return found;
  for (const [sku, units] of Object.entries(row.units)) {
    const there = stock.find((count) => count.sku === sku)?.units;
    if (there === units) continue;
    const detail = `Postgres has ${units} units, Redis ${there ?? 'none'}`;
    found.push({ kind: 'saleUnitsMismatch', subject: sku, detail });
  }
  return found;
}
