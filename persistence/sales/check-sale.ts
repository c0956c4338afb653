import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { isCurrency } from '../../engine/contracts/money.ts';
import type { CreateSale } from '../../engine/contracts/wire/sales.ts';
import { type CheckedDraw, checkDraw } from './check-draw.ts';
import { parseMoment, type SaleMoments } from './moment.ts';

const invalid = (field: string, detail: string): Refusal => refuse('invalid_request', { field, detail });

/** What a schema cannot say about a new sale: its moments in order and its draw, or the first member that is wrong. */
export function checkSale(sale: CreateSale, nowMs: number): (SaleMoments & CheckedDraw) | Refusal {
  const refusal = checkItems(sale) ?? checkMethod(sale);
  if (refusal) return refusal;
  const moments = checkMoments(sale, nowMs);
  if ('kind' in moments) return moments;
  const draw = checkDraw(sale, moments, nowMs);
  return 'kind' in draw ? draw : { ...moments, ...draw };
}

/** Without a waiting room nobody joins, and no turns are called; with one nothing is sold without Redis. */
function checkMethod(sale: CreateSale): Refusal | null {
  const { method, challenge, invitations, checkoutsAtOnceMax, whenRedisIsDown } = sale;
  if (method !== 'none') {
    if (whenRedisIsDown !== 'slow') return null;
    const detail = 'Turns are called in Redis: a sale with a waiting room refuses while it is away.';
    return invalid('whenRedisIsDown', `${detail} Say "refuse", or take the method "none".`);
  }
  if (challenge !== undefined) return invalid('challenge', 'A challenge is for joining a waiting room.');
  if (invitations !== undefined) return invalid('invitations', 'Buyers are invited to a waiting room.');
  if (checkoutsAtOnceMax === undefined) return null;
  return invalid('checkoutsAtOnceMax', 'Checkouts are limited by calling turns, in a waiting room.');
}

function checkItems({ items, perBuyerLimit }: CreateSale): Refusal | null {
  const skus = new Set<string>();
  for (const [at, item] of items.entries()) {
    if (skus.has(item.sku)) return invalid(`items.${at}.sku`, `${item.sku} is in the sale twice.`);
    skus.add(item.sku);
    if (!isCurrency(item.price.currency)) {
      return invalid(`items.${at}.price.currency`, 'This is no currency of ISO 4217.');
    }
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
