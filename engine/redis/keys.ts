/**
 * The only place that spells a key. Everything of one sale carries the hash tag `{saleId}`, so that
 * Redis Cluster keeps it on one node and a script may touch all of it.
 */
const of = (saleId: string, name: string) => `db:{${saleId}}:${name}`;

/** Names of all sales, for a gateway that has just started. */
export const salesKey = 'db:sales';

/**
 * Channels. `pushes` carries a JSON `Push`; `buyers` who says it and a JSON list of `BuyerNews`; `sales` the id of a
 * sale whose fields changed; `notices` JSON.
 */
export const channels = {
  pushes: 'db:push',
  buyers: 'db:buyers',
  sales: 'db:sales:changed',
  notices: 'db:notices',
} as const;

export const saleKey = (saleId: string) => of(saleId, 'sale');
export const stockKey = (saleId: string) => of(saleId, 'stock');
export const outboxKey = (saleId: string) => of(saleId, 'outbox');
export const turnsKey = (saleId: string) => of(saleId, 'turns');
export const spentChallengeKey = (saleId: string, nonce: string) => of(saleId, `spent-challenges:${nonce}`);
export const placesKey = (saleId: string, bucket: number) => of(saleId, `places:${bucket}`);

const floorNames = [
  'sale',
  'stock',
  'reservations',
  'buyers',
  'deadlines',
  'pins',
  'turns',
  'calls',
  'standby',
  'standby-requests',
  'attempts',
  'outbox',
] as const;

/** The keys of lua/includes/floor.lua, in its order. */
export const floorKeys = (saleId: string): string[] => floorNames.map((name) => of(saleId, name));
