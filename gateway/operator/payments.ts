import Type from 'typebox';
import type { Payments } from '../../engine/contracts/payments.ts';
import { Payment, PaymentList, SettlePayment } from '../../engine/contracts/wire/payments.ts';
import { type Route, route } from '../http/route.ts';
import { PageQuery, pageReply } from '../routes/paging.ts';

const tag = 'payments';
const root = '/api/v1/admin/payments';

const PaymentQuery = Type.Object({
  state: Type.Optional(Type.Enum(['unresolved'], { description: 'the only list there is' })),
  ...PageQuery.properties,
});

/** Payments that no machine could decide: a person looks at the provider's own pages, and says what is there. */
export function paymentRoutes(payments: Payments): Route[] {
  return [
    route({
      method: 'GET',
      path: root,
      tag,
      summary: 'Payments that a person must decide, oldest first',
      description:
        'Their outcome stayed unknown for two minutes, or their provider is not configured any more, or it ' +
        'took money for a payment that had ended. They are asked about on and on, and leave the list by ' +
        'themselves when their provider answers.',
      access: 'admin',
      query: PaymentQuery,
      replies: { 200: { description: 'a page of payments', schema: PaymentList } },
      answer: ({ query }) => pageReply(query, payments.unresolved),
    }),
    route({
      method: 'POST',
      path: `${root}/{id}/settle`,
      tag,
      summary: 'Say what became of a payment',
      description:
        'As if its provider had said so: `captured` confirms the order, or gives the money back where the ' +
        'order had ended; `declined` lets the buyer pay with another card while the hold lasts. The buyer is ' +
        'told. Where a refund failed, `captured` ends the matter, with `paidBackOutside`: it counts like a refund, ' +
        'so that nothing is given back twice. The same decision again changes nothing.',
      access: 'admin',
      body: SettlePayment,
      replies: { 200: { description: 'the payment, settled so', schema: Payment } },
      refusals: ['payment_not_found', 'invalid_transition', 'payment_in_progress', 'refund_exceeds_captured'],
      answer: async ({ buyerId, params: { id = '' }, body }) => {
        const outcome = await payments.settle(id, buyerId, body);
        return outcome.kind === 'refused' ? outcome : { status: 200, body: outcome.payment };
      },
    }),
  ];
}
