import Type from 'typebox';
import { attemptReply } from './attempt.ts';
import { nullable, reply, request, Timestamp } from './common.ts';

/** Every event that is sent to webhook endpoints. */
export const webhookTypes = [
  'order.confirmed',
  'order.payment_declined',
  'order.failed',
  'order.cancelled',
  'order.shipped',
  'order.delivered',
  'order.returned',
  'order.refunded',
  'sale.opened',
  'sale.paused',
  'sale.sold_out',
  'sale.closed',
] as const;
export type WebhookType = (typeof webhookTypes)[number];

export const CreateEndpoint = request({
  url: Type.String({
    maxLength: 2_000,
    description: 'https, or http to this machine where private addresses are allowed',
  }),
  types: Type.Optional(
    Type.Array(Type.Enum([...webhookTypes]), { minItems: 1, description: 'without it: all of them' }),
  ),
});
export type CreateEndpoint = Type.Static<typeof CreateEndpoint>;

export const Endpoint = reply({
  endpointId: Type.String(),
  url: Type.String(),
  types: nullable(Type.Array(Type.String())),
  createdAt: Timestamp,
});
export type Endpoint = Type.Static<typeof Endpoint>;

export const NewEndpoint = reply({
  ...Endpoint.properties,
  secret: Type.String({ description: 'Standard Webhooks; shown this once' }),
});
export type NewEndpoint = Type.Static<typeof NewEndpoint>;

export const EndpointList = reply({ data: Type.Array(Endpoint), nextCursor: nullable(Type.String()) });

export const Delivery = reply({
  deliveryId: Type.String(),
  endpointId: Type.String(),
  messageId: Type.String({ description: 'the `webhook-id` header: receivers recognise repeats by it' }),
  type: Type.String(),
  status: Type.Enum(['pending', 'delivered', 'failed']),
  nextAttemptAt: nullable(Timestamp),
  createdAt: Timestamp,
  attempts: Type.Array(attemptReply('of the answer')),
});
export type Delivery = Type.Static<typeof Delivery>;

export const DeliveryList = reply({ data: Type.Array(Delivery), nextCursor: nullable(Type.String()) });
