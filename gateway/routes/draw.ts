import { refuse } from '../../engine/contracts/errors.ts';
import type { LiveSale } from '../../engine/contracts/sale.ts';
import { Draw } from '../../engine/contracts/wire/draw.ts';
import { drawAlgorithm } from '../../engine/index.ts';
import type { SaleDirectory } from '../../engine/surface.ts';
import { isRefusal } from '../http/refusal.ts';
import { type Route, route } from '../http/route.ts';
import { beaconView, findSale, timestamp } from './sales.ts';

/** All that a stranger needs to check a draw (docs/draw.md); what is not revealed yet is null. */
export function drawView({ config, draw, openedAtMs }: LiveSale): Draw {
  return {
    saleId: config.id,
    seedCommitment: config.seedCommitment,
    seed: draw?.seed ?? null,
    beacon: beaconView(config, draw),
    preEntrants: draw?.preEntrants ?? null,
    entrantsRoot: draw?.entrantsRoot ?? null,
    drawSeed: draw?.drawSeed ?? null,
    algorithm: drawAlgorithm,
    frozenAt: draw && timestamp(draw.frozenAtMs),
    openedAt: openedAtMs === null ? null : timestamp(openedAtMs),
  };
}

export function drawRoutes(sales: SaleDirectory): Route[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/sales/{saleId}/draw',
      tag: 'sales',
      summary: 'All that it takes to check the draw of a sale',
      description:
        'What is not revealed yet is null. Keep a copy from before the opening: `npm run verify-draw` compares.',
      access: 'public',
      cacheSeconds: 1,
      replies: { 200: { description: 'the draw as far as it has come', schema: Draw } },
      refusals: ['sale_not_found', 'not_found'],
      answer: async ({ params }) => {
        const sale = await findSale(sales, params.saleId ?? '');
        if (isRefusal(sale)) return sale;
        const { method } = sale.config;
        return method === 'queue' || method === 'lottery'
          ? { status: 200, body: drawView(sale) }
          : refuse('not_found', { detail: `Nothing is drawn in this sale: its method is ${method}.` });
      },
    }),
  ];
}
