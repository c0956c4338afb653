import fastify from 'fastify';
import { authenticate, type ReserveBody, reserveAnswer, unauthenticated } from './answer.ts';
import type { Store } from './store.ts';

const string = { type: 'string' } as const;
const integer = { type: 'integer' } as const;
const item = {
  type: 'object',
  required: ['sku', 'quantity'],
  properties: {
    sku: { type: 'string', pattern: '^[a-z0-9-]{1,64}$' },
    quantity: { type: 'integer', minimum: 1 },
  },
} as const;
const money = { type: 'object', properties: { amount: integer, currency: string } } as const;

/** As its manual says: a schema for the body, and one for the reply, which Fastify compiles to a serializer. */
const schema = {
  body: {
    type: 'object',
    required: ['items'],
    properties: { items: { type: 'array', minItems: 1, items: item } },
  },
  response: {
    '2xx': {
      type: 'object',
      properties: {
        reservation: {
          type: 'object',
          properties: {
            id: string,
            saleId: string,
            state: string,
            items: { type: 'array', items: item },
            expiresAt: string,
          },
        },
        purchaseToken: string,
        checkoutId: string,
        total: money,
      },
    },
  },
} as const;

/** `POST …/reservations` on Fastify, over any store. Resolves when it listens. */
export async function openFastifyShop(store: Store): Promise<void> {
  const { AUTH_SECRET = '', TOKEN_SECRET = '', PORT } = process.env;
  const buyerOf = authenticate(AUTH_SECRET);
  const answer = reserveAnswer(store, TOKEN_SECRET);
  const app = fastify({ logger: false });
  app.post<{ Params: { saleId: string }; Body: ReserveBody }>(
    '/api/v1/sales/:saleId/reservations',
    { schema },
    async (request, reply) => {
      const buyerId = buyerOf(request.headers.authorization);
      const { status, body } =
        buyerId === null ? unauthenticated : await answer(buyerId, request.params.saleId, request.body);
      return reply.code(status).send(body);
    },
  );
  await app.listen({ host: '127.0.0.1', port: Number(PORT) });
}
