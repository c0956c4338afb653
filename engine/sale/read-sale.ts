import type { Redis } from 'ioredis';
import type { SaleConfig } from '../contracts/sale.ts';
import type { Method } from '../contracts/wire/sales.ts';
import { saleKey } from '../redis/keys.ts';

/** The fields of a sale's hash that its configuration is written to; numbers as decimal strings. */
export function saleFields(config: SaleConfig): Record<string, string | number> {
  return {
    id: config.id,
    number: config.number,
    title: config.title,
    method: config.method,
    perBuyerLimit: config.perBuyerLimit,
    holdMs: config.holdMs,
    claimMs: config.claimMs,
    perMinute: config.perMinute,
    waitingOpensAtMs: config.waitingOpensAtMs,
    opensAtMs: config.opensAtMs,
    closesAtMs: config.closesAtMs,
    seedCommitment: config.seedCommitment,
    items: JSON.stringify(config.items),
  };
}

/** A sale's configuration as Redis holds it, or null. */
export async function readSaleConfig(redis: Redis, saleId: string): Promise<SaleConfig | null> {
  const fields = await redis.hgetall(saleKey(saleId));
  if (!fields.id || !fields.items) return null;
  return {
    id: fields.id,
    number: Number(fields.number),
    title: fields.title ?? '',
    method: fields.method as Method,
    perBuyerLimit: Number(fields.perBuyerLimit),
    holdMs: Number(fields.holdMs),
    claimMs: Number(fields.claimMs),
    perMinute: Number(fields.perMinute),
    waitingOpensAtMs: Number(fields.waitingOpensAtMs),
    opensAtMs: Number(fields.opensAtMs),
    closesAtMs: Number(fields.closesAtMs),
    seedCommitment: fields.seedCommitment ?? '',
    items: JSON.parse(fields.items),
  };
}
