import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { CreateSale } from '../../engine/contracts/wire/sales.ts';
import { parseMoment } from './moment.ts';

export interface SaleMoments {
  waitingOpensAtMs: number;
  opensAtMs: number;
  closesAtMs: number;
}

const invalid = (field: string, detail: string): Refusal => refuse('invalid_request', { field, detail });

/** What a schema cannot say about a new sale: its moments in order, or the first member that is wrong. */
export function checkSale(sale: CreateSale, nowMs: number): SaleMoments | Refusal {
  return checkMethod(sale) ?? checkItems(sale) ?? checkMoments(sale, nowMs);
}

function checkMethod({ method }: CreateSale): Refusal | null {
  return method === 'queue' || method === 'lottery'
    ? invalid('method', `A drawn waiting room (${method}) is not offered yet: use fifo or none.`)
    : null;
}

function checkItems({ items, perBuyerLimit }: CreateSale): Refusal | null {
  const skus = new Set<string>();
  for (const [at, item] of items.entries()) {
    if (skus.has(item.sku)) return invalid(`items.${at}.sku`, `${item.sku} is in the sale twice.`);
    skus.add(item.sku);
    if (item.price.currency !== items[0]?.price.currency) {
      return invalid(`items.${at}.price.currency`, 'A sale has one currency.');
    }
    if (!Number.isSafeInteger(item.price.amount * perBuyerLimit * items.length)) {
      return invalid(`items.${at}.price.amount`, 'At this limit per buyer an order could not be added up.');
    }
  }
  return null;
}

function checkMoments(sale: CreateSale, nowMs: number): SaleMoments | Refusal {
  const opensAtMs = parseMoment(sale.opensAt);
  if (opensAtMs === null) return invalid('opensAt', 'There is no such day.');
  const closesAtMs = parseMoment(sale.closesAt);
  if (closesAtMs === null) return invalid('closesAt', 'There is no such day.');
  const waitingOpensAtMs =
    sale.waitingOpensAt === undefined ? Math.min(nowMs, opensAtMs) : parseMoment(sale.waitingOpensAt);
  if (waitingOpensAtMs === null) return invalid('waitingOpensAt', 'There is no such day.');
  if (closesAtMs <= opensAtMs) return invalid('closesAt', 'A sale closes after it opens.');
  if (closesAtMs <= nowMs) return invalid('closesAt', 'This moment has passed.');
  if (waitingOpensAtMs > opensAtMs) {
    return invalid('waitingOpensAt', 'The waiting room opens before the sale, or with it.');
  }
  return { waitingOpensAtMs, opensAtMs, closesAtMs };
}
