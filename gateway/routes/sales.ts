import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { endOfPage, type Page, pageOf } from '../../engine/contracts/page.ts';
import type { LiveSale, SaleConfig, Draw as SaleDraw } from '../../engine/contracts/sale.ts';
import { andThen, type Soon } from '../../engine/contracts/soon.ts';
import { Sale, SaleList } from '../../engine/contracts/wire/sales.ts';
import type { SaleDirectory } from '../../engine/surface.ts';
import { isRefusal } from '../http/refusal.ts';
import { type Reply, type Route, route } from '../http/route.ts';
import { PageQuery, pageReply } from './paging.ts';

export const timestamp = (ms: number): string => new Date(ms).toISOString();

/** The beacon that was named, with what it said as soon as that is known. */
export const beaconView = ({ beacon }: SaleConfig, draw: SaleDraw | null) =>
  beacon && { ...beacon, value: draw?.beaconValue ?? null };

/** A sale as the public sees it: `held` includes what is being paid. */
export function saleView({ config, snapshot, draw }: LiveSale): Sale {
  return {
    id: config.id,
    title: config.title,
    state: snapshot.state,
    ...(snapshot.isSlow ? { isSlow: true } : {}),
    waitingOpensAt: timestamp(config.waitingOpensAtMs),
    opensAt: timestamp(config.opensAtMs),
    closesAt: timestamp(config.closesAtMs),
    perBuyerLimit: config.perBuyerLimit,
    items: config.items.map(({ sku, title, price }) => {
      const count = snapshot.stock.find((candidate) => candidate.sku === sku);
      return {
        sku,
        title,
        price,
        units: count?.units ?? 0,
        available: count?.available ?? 0,
        held: (count?.held ?? 0) + (count?.paying ?? 0),
        sold: count?.sold ?? 0,
      };
    }),
    waitingRoom: {
      method: config.method,
      entrants: snapshot.entrants,
      preEntrants: draw?.preEntrants ?? null,
      serving: snapshot.serving,
      perMinute: snapshot.perMinute,
      seedCommitment: config.seedCommitment,
      seed: draw?.seed ?? null,
      beacon: beaconView(config, draw),
      entrantsRoot: draw?.entrantsRoot ?? null,
      challenge: config.challengeDifficulty === null ? null : { difficulty: config.challengeDifficulty },
      byInvitation: config.isByInvitation,
    },
  };
}

/** The sale of that name. A name that no sale can have is not looked up. */
export function findSale(sales: SaleDirectory, saleId: string): Soon<LiveSale | Refusal> {
  return isName.test(saleId) ? andThen(sales.find(saleId), orNotFound) : orNotFound(null);
}

const isName = /^[a-z0-9-]{1,64}$/;

const orNotFound = (sale: LiveSale | null): LiveSale | Refusal =>
  sale ?? refuse('sale_not_found', { detail: 'There is no sale with this id.' });

interface Written {
  of: LiveSale;
  text: string;
}

/** Written once each time a sale has been looked at, and not for each who asks: the sale page is read most of all. */
const written = new WeakMap<LiveSale, Written>();

function saleReply(sale: LiveSale | Refusal): Reply | Refusal {
  if (isRefusal(sale)) return sale;
  const known = written.get(sale);
  const { config, snapshot, draw } = sale;
  if (known && known.of.snapshot === snapshot && known.of.config === config && known.of.draw === draw) {
    return { status: 200, body: known.text };
  }
  const text = JSON.stringify(saleView(sale));
  written.set(sale, { of: { ...sale }, text });
  return { status: 200, body: text };
}

/** One page of sales by id. */
export function pageOfSales(
  sales: readonly LiveSale[],
  limit: number,
  cursor: string | null,
): Page<Sale> | Refusal {
  const before = endOfPage(cursor, (text) => isName.test(text));
  if (before.kind === 'refused') return before;
  const after = before.name ?? '';
  const rest = sales
    .filter(({ config }) => config.id > after)
    .sort((a, b) => (a.config.id < b.config.id ? -1 : 1));
  return pageOf(rest, limit, saleView, ({ config }) => config.id);
}

export function saleRoutes(sales: SaleDirectory): Route[] {
  const tag = 'sales';
  return [
    route({
      method: 'GET',
      path: '/api/v1/sales',
      tag,
      summary: 'All sales, by id',
      access: 'public',
      cacheSeconds: 1,
      query: PageQuery,
      replies: { 200: { description: 'a page of sales', schema: SaleList } },
      answer: ({ query }) => pageReply(query, (limit, cursor) => pageOfSales(sales.list(), limit, cursor)),
    }),
    route({
      method: 'GET',
      path: '/api/v1/sales/{saleId}',
      tag,
      summary: 'One sale',
      description: 'Cacheable for a second. To follow a sale, `watch` it on the WebSocket.',
      access: 'public',
      cacheSeconds: 1,
      replies: { 200: { description: 'the sale as it stands', schema: Sale } },
      refusals: ['sale_not_found'],
      answer: ({ params }) => andThen(findSale(sales, params.saleId ?? ''), saleReply),
    }),
  ];
}
