import Type from 'typebox';
import type { SaleStore } from '../../engine/contracts/ports.ts';
import { Name, reply } from '../../engine/contracts/wire/common.ts';
import { InviteBuyers, invitedAtOnceMax } from '../../engine/contracts/wire/sales.ts';
import { type Route, route } from '../http/route.ts';

/** Room for the longest buyer ids there are, with quotes, commas and the rest of a sale. */
export const listBytesMax = invitedAtOnceMax * 140 + 64 * 1024;

const Invited = reply({
  saleId: Name,
  added: Type.Integer({ description: 'those who were not on the list before' }),
  listed: Type.Integer({ description: 'everybody who is on it now' }),
});

/** Who may join a sale that is by invitation. */
export const invitationRoute = (sales: Pick<SaleStore, 'invite'>): Route =>
  route({
    method: 'POST',
    path: '/api/v1/admin/sales/{saleId}/invitations',
    tag: 'sales',
    summary: 'Invite more buyers to a sale that is by invitation',
    description:
      `At most ${invitedAtOnceMax} at a time, in as many requests as it takes; who is listed already stays so. ` +
      'They may join within a second on every gateway; where Redis is away, as soon as it is back.',
    access: 'admin',
    body: InviteBuyers,
    bodyBytesMax: listBytesMax,
    replies: { 200: { description: 'they are on the list', schema: Invited } },
    refusals: ['sale_not_found', 'invalid_transition'],
    answer: async ({ params: { saleId = '' }, body }) => {
      const outcome = await sales.invite(saleId, body.buyers);
      if (outcome.kind === 'refused') return outcome;
      const { added, listed } = outcome;
      return { status: 200, body: { saleId, added, listed } };
    },
  });
