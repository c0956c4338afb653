import type { PaymentIntent } from '../../engine/contracts/ports.ts';

/** An intent in the names of the tables; its lines are JSON, so that one array carries them. */
export const intentRow = (intent: PaymentIntent) => ({
  payment_id: intent.paymentId,
  order_id: intent.orderId,
  order_number: intent.orderNumber,
  reservation_id: intent.reservationId,
  sale_id: intent.saleId,
  epoch: intent.epoch,
  buyer_id: intent.buyerId,
  buyer_email: intent.buyerEmail,
  key: intent.idempotencyKey,
  request_id: intent.requestId,
  fingerprint: intent.fingerprint,
  currency: intent.price.total.currency,
  subtotal_minor: intent.price.subtotal.amount,
  discount_minor: intent.price.discount.amount,
  shipping_minor: intent.price.shipping.amount,
  tax_minor: intent.price.tax.amount,
  total_minor: intent.price.total.amount,
  coupon_code: intent.couponCode,
  expected_minor: intent.expectedTotal?.amount ?? null,
  shipping_address: intent.shippingAddress && JSON.stringify(intent.shippingAddress),
  billing_address: intent.billingAddress && JSON.stringify(intent.billingAddress),
  payment_method: intent.paymentMethod,
  payment_token: intent.paymentToken,
  payment_tokens: intent.paymentTokens && JSON.stringify(intent.paymentTokens),
  lines: JSON.stringify(
    intent.lines.map((line, at) => ({
      line: at,
      sku: line.sku,
      title: line.title,
      quantity: line.quantity,
      unit_price_minor: line.unitPrice.amount,
      line_total_minor: line.lineTotal.amount,
    })),
  ),
});

type Column = keyof ReturnType<typeof intentRow>;

/** What begin-payments.sql takes, in its order. */
export const firstColumns = [
  'payment_id',
  'order_id',
  'order_number',
  'reservation_id',
  'sale_id',
  'epoch',
  'buyer_id',
  'key',
  'fingerprint',
  'currency',
  'subtotal_minor',
  'discount_minor',
  'shipping_minor',
  'tax_minor',
  'total_minor',
  'coupon_code',
  'shipping_address',
  'billing_address',
  'payment_method',
  'payment_token',
  'lines',
  'payment_tokens',
  'buyer_email',
  'request_id',
] as const satisfies Column[];

/** What begin-payments-again.sql takes, in its order. */
export const againColumns = [
  'payment_id',
  'order_id',
  'sale_id',
  'epoch',
  'buyer_id',
  'key',
  'fingerprint',
  'currency',
  'expected_minor',
  'payment_method',
  'payment_token',
  'payment_tokens',
  'request_id',
] as const satisfies Column[];

/** What read-known-payments.sql takes, in its order. */
export const knownColumns = [
  'payment_id',
  'order_id',
  'sale_id',
  'buyer_id',
  'key',
  'coupon_code',
] as const satisfies Column[];
