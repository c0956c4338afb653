import { expect, test } from 'vitest';
import { payloadOf } from './payload.ts';

const told = (saleId: string) =>
  payloadOf({
    row: {
      id: 1,
      type: 'order.confirmed',
      sale_id: saleId,
      buyer_id: 'ann',
      order_id: 'ord_1',
      subject: '',
      at: new Date('2026-11-27T12:00:00Z'),
    },
    order: {
      order_id: 'ord_1',
      buyer_id: 'ann',
      order_number: '894E-SSXA-HHTN',
      currency: 'USD',
      subtotal_minor: 49_900,
      discount_minor: 0,
      shipping_minor: 0,
      tax_minor: 0,
      total_minor: 49_900,
      buyer_email: 'ann@example.com',
      subject: '',
      decline_code: null,
      refund_id: '',
      refund_minor: null,
      refund_reason: null,
      refund_is_outside: false,
      items: [{ sku: 'ps5', title: 'PlayStation 5', quantity: 1, lineTotalMinor: 49_900 }],
    },
  });

test('an order of general stock is told without a sale, and no address of a buyer is told at all', () => {
  const data = {
    orderId: 'ord_1',
    orderNumber: '894E-SSXA-HHTN',
    buyerId: 'ann',
    items: [{ sku: 'ps5', quantity: 1 }],
    total: { amount: 49_900, currency: 'USD' },
  };
  expect(told('ps5-friday').data).toEqual({ saleId: 'ps5-friday', ...data });
  expect(told('_general').data).toEqual(data);
});
