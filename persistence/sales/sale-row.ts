import type { SaleConfig } from '../../engine/contracts/sale.ts';
import type { SaleState } from '../../engine/contracts/states.ts';
import type { Method, TokenKind } from '../../engine/contracts/wire/sales.ts';
import type { PublishedSale } from '../../engine/surface.ts';

/** A sale as `read-sale.sql` selects it. */
export interface SaleRow {
  id: string;
  number: number;
  title: string;
  method: Method;
  per_buyer_limit: number;
  hold_ms: number;
  extend_ms: number;
  claim_ms: number;
  per_minute: number;
  waiting_opens_at: Date;
  opens_at: Date;
  closes_at: Date;
  seed_commitment: string;
  tokens: TokenKind;
  state: SaleState;
  epoch: number;
  mode: 'redis' | 'slow';
  index_leased_through: number;
  published_at: Date | null;
  freeze_ms: number;
  beacon_source: string | null;
  beacon_round: number | null;
  beacon_at: Date | null;
  frozen_at: Date | null;
  challenge_difficulty: number | null;
  checkouts_at_once_max: number | null;
  is_by_invitation: boolean;
  open_commanded_at: Date | null;
  revision: number;
  items: {
    sku: string;
    title: string;
    priceMinor: number;
    currency: string;
    units: number;
    committed: number;
  }[];
}

/** What gateways read of a sale. */
export const configOf = (row: SaleRow): SaleConfig => ({
  id: row.id,
  number: row.number,
  title: row.title,
  method: row.method,
  perBuyerLimit: row.per_buyer_limit,
  holdMs: row.hold_ms,
  extendMs: row.extend_ms,
  claimMs: row.claim_ms,
  perMinute: row.per_minute,
  checkoutsAtOnceMax: row.checkouts_at_once_max,
  waitingOpensAtMs: row.waiting_opens_at.getTime(),
  opensAtMs: row.opens_at.getTime(),
  closesAtMs: row.closes_at.getTime(),
  seedCommitment: row.seed_commitment,
  tokens: row.tokens,
  challengeDifficulty: row.challenge_difficulty,
  isByInvitation: row.is_by_invitation,
  beacon:
    row.beacon_source === null || row.beacon_round === null || row.beacon_at === null
      ? null
      : { source: row.beacon_source, round: row.beacon_round, at: row.beacon_at.toISOString() },
  items: row.items.map((item) => ({
    sku: item.sku,
    title: item.title,
    price: { amount: item.priceMinor, currency: item.currency },
  })),
});

export const skusOf = ({ items }: SaleRow): string[] => items.map(({ sku }) => sku);

/** A sale that has never been in Redis: nobody joined, so all leased indices are still to be issued. */
export const unpublished = (row: SaleRow): PublishedSale => ({
  config: configOf(row),
  epoch: row.epoch,
  units: row.items.map(({ sku, units }) => ({ sku, units })),
  indices: { from: 0, to: row.index_leased_through },
});
