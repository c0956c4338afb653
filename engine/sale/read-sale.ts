import type { Redis } from 'ioredis';
import type { Draw, LiveSale, SaleConfig } from '../contracts/sale.ts';
import type { Method, TokenKind } from '../contracts/wire/sales.ts';
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
    extendMs: config.extendMs,
    claimMs: config.claimMs,
    perMinute: config.perMinute,
    ...(config.checkoutsAtOnceMax === null ? {} : { checkoutsAtOnceMax: config.checkoutsAtOnceMax }),
    ...(config.challengeDifficulty === null ? {} : { challengeDifficulty: config.challengeDifficulty }),
    // Who is invited follows; until all of it is there, nobody is turned away for good.
    ...(config.isByInvitation ? { invitations: 'pending' } : {}),
    waitingOpensAtMs: config.waitingOpensAtMs,
    opensAtMs: config.opensAtMs,
    closesAtMs: config.closesAtMs,
    seedCommitment: config.seedCommitment,
    tokens: config.tokens,
    items: JSON.stringify(config.items),
    ...(config.beacon ? { beacon: JSON.stringify(config.beacon) } : {}),
  };
}

/** A sale as its hash in Redis describes it, without what moves; null where Redis does not know it. */
export async function readSale(redis: Redis, saleId: string): Promise<Omit<LiveSale, 'snapshot'> | null> {
  const fields = await redis.hgetall(saleKey(saleId));
  if (!fields.id || !fields.items) return null;
  const config: SaleConfig = {
    id: fields.id,
    number: Number(fields.number),
    title: fields.title ?? '',
    method: fields.method as Method,
    perBuyerLimit: Number(fields.perBuyerLimit),
    holdMs: Number(fields.holdMs),
    extendMs: Number(fields.extendMs ?? 0),
    claimMs: Number(fields.claimMs),
    perMinute: Number(fields.perMinute),
    checkoutsAtOnceMax: fields.checkoutsAtOnceMax ? Number(fields.checkoutsAtOnceMax) : null,
    challengeDifficulty: fields.challengeDifficulty ? Number(fields.challengeDifficulty) : null,
    isByInvitation: fields.invitations !== undefined,
    waitingOpensAtMs: Number(fields.waitingOpensAtMs),
    opensAtMs: Number(fields.opensAtMs),
    closesAtMs: Number(fields.closesAtMs),
    seedCommitment: fields.seedCommitment ?? '',
    tokens: (fields.tokens ?? 'private') as TokenKind,
    beacon: fields.beacon ? JSON.parse(fields.beacon) : null,
    items: JSON.parse(fields.items),
  };
  return { config, draw: drawOf(fields), openedAtMs: fields.openedAtMs ? Number(fields.openedAtMs) : null };
}

/** What may be known of the draw: the seeds lie in Redis before the opening, and stay there until then. */
function drawOf(fields: Record<string, string>): Draw | null {
  if (!fields.preEntrants) return null;
  const isOpened = fields.openedAtMs !== undefined;
  return {
    preEntrants: Number(fields.preEntrants),
    frozenAtMs: Number(fields.frozenAtMs),
    entrantsRoot: fields.entrantsRoot ?? null,
    seed: isOpened ? (fields.seed ?? null) : null,
    drawSeed: isOpened ? (fields.drawSeed ?? null) : null,
    beaconValue: fields.beaconValue ?? null,
  };
}
