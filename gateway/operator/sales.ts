import Type from 'typebox';
import { refuse } from '../../engine/contracts/errors.ts';
import type { SaleStore } from '../../engine/contracts/ports.ts';
import { generalStockId, type SaleConfig, type SaleSnapshot } from '../../engine/contracts/sale.ts';
import { Name, Nothing, reply, request } from '../../engine/contracts/wire/common.ts';
import { Draw } from '../../engine/contracts/wire/draw.ts';
import {
  Audit,
  CreateSale,
  GiveBeacon,
  PatchSale,
  Sale,
  SaleState,
} from '../../engine/contracts/wire/sales.ts';
import type { SaleCommand, Settlement } from '../../engine/surface.ts';
import { isAbsence } from '../guard/absence.ts';
import { type Route, route } from '../http/route.ts';
import { drawView } from '../routes/draw.ts';
import { saleView } from '../routes/sales.ts';
import { invitationRoute, listBytesMax } from './invitations.ts';

const tag = 'sales';
const root = '/api/v1/admin/sales';

const Message = request({ text: Type.String({ minLength: 1, maxLength: 500 }) });
const StateReply = reply({ saleId: Name, state: SaleState });

const commands: Record<SaleCommand, string> = {
  open: 'Open the sale now; one with a draw opens as soon as that is held',
  pause: 'Call nobody and reserve nothing new; paying and releasing go on',
  resume: 'Go on after a pause',
  close: 'Close the sale for good; live holds may still pay',
};

export interface SaleRouteParts {
  sales: SaleStore;
  settlement: Pick<Settlement, 'snapshot' | 'sale' | 'notice'>;
}

/** What an operator does with sales. */
export function saleRoutes({ sales, settlement }: SaleRouteParts): Route[] {
  return [
    route({
      method: 'POST',
      path: root,
      tag,
      summary: 'Create a sale',
      description:
        'Units of SKUs that general stock knows are taken out of it; others come with the sale. The commitment to its seed is published with the answer.',
      access: 'admin',
      body: CreateSale,
      bodyBytesMax: listBytesMax,
      replies: { 201: { description: 'the sale', schema: Sale, headers: ['Location'] } },
      refusals: ['sale_exists', 'insufficient_stock'],
      answer: async ({ body }) => {
        const outcome = await sales.create(body);
        if (outcome.kind === 'refused') return outcome;
        const { config } = outcome;
        const snapshot = (await snapshotOf(settlement, config.id)) ?? unpublished(config, body);
        const headers = { Location: `/api/v1/sales/${config.id}` };
        const sale = saleView({ config, snapshot, draw: null, openedAtMs: null });
        return { status: 201, body: sale, headers };
      },
    }),
    route({
      method: 'PATCH',
      path: `${root}/{saleId}`,
      tag,
      summary: 'Change a sale while it lasts',
      description:
        'Units go up, or down to what is not held or sold. `opensAt` may change until the sale opens; the beacon of ' +
        'a draw has to speak after the freeze that follows from it.',
      access: 'admin',
      body: PatchSale,
      replies: { 200: { description: 'the sale as it is now', schema: Sale } },
      refusals: [
        'sale_not_found',
        'sku_not_found',
        'invalid_transition',
        'units_in_use',
        'insufficient_stock',
      ],
      answer: async ({ params: { saleId = '' }, body }) => {
        const outcome = await sales.patch(saleId, body);
        if (outcome.kind === 'refused') return outcome;
        const sale = await settlement.sale(saleId);
        return sale ? { status: 200, body: saleView(sale) } : kept();
      },
    }),
    route({
      method: 'POST',
      path: `${root}/{saleId}/beacon`,
      tag,
      summary: 'What the beacon of a draw published',
      description: 'Once the entrants are fixed. The first value stays; the same one again changes nothing.',
      access: 'admin',
      body: GiveBeacon,
      replies: { 200: { description: 'the draw as the public sees it', schema: Draw } },
      refusals: ['sale_not_found', 'invalid_transition'],
      answer: async ({ params: { saleId = '' }, body }) => {
        const outcome = await sales.giveBeacon(saleId, body.value);
        if (outcome.kind === 'refused') return outcome;
        const sale = await settlement.sale(saleId);
        return sale ? { status: 200, body: drawView(sale) } : kept();
      },
    }),
    invitationRoute(sales),
    ...(Object.keys(commands) as SaleCommand[]).map((command) =>
      route({
        method: 'POST',
        path: `${root}/{saleId}/${command}`,
        tag,
        summary: commands[command],
        access: 'admin',
        body: Nothing,
        replies: { 200: { description: 'done', schema: StateReply } },
        refusals: ['sale_not_found', 'invalid_transition'],
        answer: async ({ params: { saleId = '' } }) => {
          const outcome = await sales.command(saleId, command);
          if (outcome.kind === 'refused') return outcome;
          return { status: 200, body: { saleId, state: outcome.state } };
        },
      }),
    ),
    route({
      method: 'POST',
      path: `${root}/{saleId}/messages`,
      tag,
      summary: 'Say something to everybody who watches the sale',
      access: 'admin',
      body: Message,
      replies: { 204: { description: 'said to those who are connected now' } },
      refusals: ['sale_not_found'],
      answer: async ({ params: { saleId = '' }, body }) => {
        const isSale = saleId !== generalStockId && (await sales.has(saleId));
        if (!isSale) return refuse('sale_not_found');
        await settlement.notice(saleId, body.text);
        return { status: 204 };
      },
    }),
    route({
      method: 'GET',
      path: `${root}/{saleId}/audit`,
      tag,
      summary: 'Where every unit and every payment is, read from Redis and Postgres at that moment',
      description:
        'General stock is audited, too, under the name `_general`: it is run like a sale, and what it sells has to add up.',
      access: 'admin',
      replies: { 200: { description: 'the audit', schema: Audit } },
      refusals: ['sale_not_found'],
      answer: async ({ params: { saleId = '' } }) => {
        const audit = await sales.audit(saleId);
        return audit ? { status: 200, body: audit } : refuse('sale_not_found');
      },
    }),
  ];
}

const kept = () =>
  refuse('unavailable', { detail: 'The decision is kept; Redis does not know the sale yet.' });

/** Null while Redis is away: the sale is created nevertheless, and published when Redis is back. */
async function snapshotOf(
  { snapshot }: Pick<Settlement, 'snapshot'>,
  saleId: string,
): Promise<SaleSnapshot | null> {
  try {
    return await snapshot(saleId);
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}

/** A sale that has not reached Redis: all its units are available. */
function unpublished(config: SaleConfig, { items }: CreateSale): SaleSnapshot {
  return {
    state: 'scheduled',
    epoch: 1,
    nowMs: Date.now(),
    entrants: 0,
    serving: 0,
    perMinute: config.perMinute,
    standby: 0,
    missedBelow: 0,
    vacantRuns: [],
    stock: items.map(({ sku, units }) => ({ sku, units, available: units, held: 0, paying: 0, sold: 0 })),
  };
}
