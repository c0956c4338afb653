import { displayed } from '../../../engine/contracts/money.ts';
import type { MailKind } from '../../../engine/contracts/wire/mails.ts';
import type { ToldOrder } from '../payload.ts';
import type { MailContent, MailOptions } from './mail.ts';
import { rendered } from './render.ts';

/** Why a payment came to nothing, where a buyer can do something about it. */
const declineReasons: Readonly<Record<string, string>> = {
  card_declined: 'Your bank declined the card.',
  insufficient_funds: 'The card has not enough funds.',
  expired_card: 'The card has expired.',
  provider_unavailable: 'Our payment provider could not be reached in time.',
};

/**
 * The mail of that kind about an order, as an event of that type found it. A refund's mail is about the refund
 * that the order was read with.
 */
export function composedMail(
  kind: MailKind,
  event: string,
  order: ToldOrder,
  { orderUrl }: Pick<MailOptions, 'orderUrl'>,
): MailContent {
  const { order_number: number, currency } = order;
  const money = (amount: number) => displayed({ amount, currency });
  const link =
    orderUrl === null ? null : orderUrl.replaceAll('{orderId}', encodeURIComponent(order.order_id));
  const items = order.items.map(({ title, quantity, lineTotalMinor }) => ({
    what: `${quantity} × ${title}`,
    amount: money(lineTotalMinor),
  }));
  const sums = [
    ['Subtotal', order.subtotal_minor],
    ['Discount', -order.discount_minor],
    ['Shipping', order.shipping_minor],
    ['Tax', order.tax_minor],
  ] as const;
  const parts = sums.filter(([, amount]) => amount !== 0);
  const total = [
    // One that is the total already says nothing.
    ...(parts.length > 1 ? parts : []).map(([what, amount]) => ({ what, amount: signed(amount) })),
    { what: 'Total', amount: money(order.total_minor) },
  ];
  return rendered({ ...said(), items, link });

  function signed(amount: number): string {
    return amount < 0 ? `-${money(-amount)}` : money(amount);
  }

  function said() {
    switch (kind) {
      case 'confirmation':
        return {
          subject: `Order ${number} is confirmed`,
          says: ['Thank you! Your order is confirmed and paid:'],
          sums: total,
          next: 'We write to you again when it is on its way. Until then you can cancel it.',
        };
      case 'payment_problem':
        return {
          subject: `Order ${number} could not be paid`,
          says: [
            declineReasons[order.decline_code ?? ''] ?? 'The payment did not go through.',
            'You were not charged for this order:',
          ],
          sums: total,
          next:
            event === 'order.failed'
              ? 'Its units are no longer held for you. If a payment reaches us late, it is given back by itself.'
              : 'While its units are held for you, you can pay the same checkout with another card.',
        };
      case 'shipment':
        return {
          subject: `Order ${number} is on its way`,
          says: ['Your order has been shipped:'],
          sums: total,
          next: 'If something is wrong with it, ask for a return from your order.',
        };
      case 'refund':
        return {
          subject: `Refund for order ${number}`,
          says: [
            ...(order.refund_is_outside
              ? [`${money(order.refund_minor ?? 0)} was paid back to you in another way than by card.`]
              : [
                  `${money(order.refund_minor ?? 0)} went back to the card that you paid with.`,
                  ...(order.refund_reason ? [`Reason: ${order.refund_reason}`] : []),
                ]),
            'It is about this order:',
          ],
          sums: [...total, { what: 'Refunded now', amount: money(order.refund_minor ?? 0) }],
          next: 'Banks take some days to show it. There is nothing that you need to do.',
        };
    }
  }
}
