import type { Histogram } from 'hdr-histogram-js';
import { tokenSigner } from '../../../load/tokens.ts';
import { encoded, microsecondHistogram } from '../../load/histogram.ts';
import { type Hold, pay } from './checkout.ts';
import { type Connection, demandStatus } from './connection.ts';
import { type Crowd, type CrowdCosts, sendCrowd } from './crowd.ts';

export interface Purchases extends Crowd {
  kind: 'purchases';
  saleId: string;
  sku: string;
  authSecret: string;
  /** Begins the names of the buyers, so that nobody comes twice. */
  prefix: string;
  /** True where the sale has a waiting room: then a buyer joins first. */
  joins: boolean;
}

export interface PurchasesResult extends CrowdCosts {
  confirmed: number;
  /** Of reserve, of pay up to the confirmation, and of the whole purchase, each from when it was due; see `decoded`. */
  reserve: string;
  pay: string;
  whole: string;
  /** How often reserve was asked before the turn was called. */
  early: number;
}

/** A turn is called within a tick; asking sooner is asking for nothing. */
const askAgainMs = 100;
const asksMax = 300;

/**
 * Whole purchases over HTTP: a place, a hold, a payment that is confirmed. Throws on any answer that is not due.
 *
 * A step is due when the one before it was answered, the first one when the buyer was: whoever has to wait for a
 * connection or for this process feels that, too (coordinated omission). In a closed loop a buyer is due when the
 * one before has ended.
 */
export async function purchase(setting: Purchases): Promise<PurchasesResult> {
  const { saleId, sku, prefix, joins } = setting;
  const sign = tokenSigner(setting.authSecret);
  const histograms = {
    reserve: microsecondHistogram(),
    pay: microsecondHistogram(),
    whole: microsecondHistogram(),
  };
  let early = 0;
  let confirmed = 0;

  async function ticketOf(connection: Connection, token: string): Promise<{ ticket?: string }> {
    if (!joins) return {};
    const joined = await connection.post(token, `/api/v1/sales/${saleId}/tickets`, {});
    demandStatus(joined, 201, 'join');
    const { ticket } = joined.body() as { ticket: string };
    return { ticket };
  }

  async function reserve(connection: Connection, token: string, buyerDueMs: number): Promise<Hold> {
    const ticket = await ticketOf(connection, token);
    let dueMs = joins ? performance.now() : buyerDueMs;
    const request = { ...ticket, items: [{ sku, quantity: 1 }] };
    for (let asked = 1; ; asked++) {
      const answer = await connection.post(token, `/api/v1/sales/${saleId}/reservations`, request);
      if (answer.status === 409 && answer.body().code === 'not_your_turn' && asked < asksMax) {
        early += 1;
        // Waiting for one's turn is no part of how long reserving takes.
        dueMs = performance.now() + askAgainMs;
        await new Promise((resolve) => setTimeout(resolve, askAgainMs));
      } else {
        demandStatus(answer, 201, 'reserve');
        record(histograms.reserve, dueMs);
        return answer.body() as unknown as Hold;
      }
    }
  }

  const sent = await sendCrowd(setting, async (connection, number, dueMs) => {
    const token = sign({ sub: `${prefix}-${number}` });
    const hold = await reserve(connection, token, dueMs);
    const heldMs = performance.now();
    await pay(connection, token, hold);
    record(histograms.pay, heldMs);
    record(histograms.whole, dueMs);
    confirmed += 1;
  });
  return {
    ...sent,
    confirmed,
    reserve: encoded(histograms.reserve),
    pay: encoded(histograms.pay),
    whole: encoded(histograms.whole),
    early,
  };
}

/** What it took since then, in microseconds. */
export const record = (histogram: Histogram, fromMs: number): void =>
  histogram.recordValue(Math.max(1, Math.round((performance.now() - fromMs) * 1000)));
