import type { Webhooks } from '../../engine/contracts/webhooks.ts';
import { Nothing } from '../../engine/contracts/wire/common.ts';
import {
  CreateEndpoint,
  Delivery,
  DeliveryList,
  EndpointList,
  NewEndpoint,
} from '../../engine/contracts/wire/webhooks.ts';
import { type Route, route } from '../http/route.ts';
import { PageQuery, pageReply } from '../routes/paging.ts';

const tag = 'webhooks';
const root = '/api/v1/admin';

/** Where webhooks are sent, and what became of them. */
export function webhookRoutes(webhooks: Webhooks): Route[] {
  return [
    route({
      method: 'GET',
      path: `${root}/webhook-endpoints`,
      tag,
      summary: 'Where webhooks are sent',
      access: 'admin',
      replies: { 200: { description: 'every endpoint', schema: EndpointList } },
      answer: async () => ({ status: 200, body: { data: await webhooks.endpoints(), nextCursor: null } }),
    }),
    route({
      method: 'POST',
      path: `${root}/webhook-endpoints`,
      tag,
      summary: 'Send webhooks to another address',
      description:
        'Messages follow Standard Webhooks. The secret that they are signed with is told this once.',
      access: 'admin',
      body: CreateEndpoint,
      replies: { 201: { description: 'the endpoint with its secret', schema: NewEndpoint } },
      answer: async ({ body }) => {
        const outcome = await webhooks.create(body);
        return outcome.kind === 'refused' ? outcome : { status: 201, body: outcome.endpoint };
      },
    }),
    route({
      method: 'DELETE',
      path: `${root}/webhook-endpoints/{id}`,
      tag,
      summary: 'Send nothing to an address any more',
      description: 'What was still to be sent there has failed; its last attempt says why.',
      access: 'admin',
      replies: { 204: { description: 'removed' } },
      refusals: ['endpoint_not_found'],
      answer: async ({ params: { id = '' } }) => {
        const outcome = await webhooks.remove(id);
        return outcome.kind === 'refused' ? outcome : { status: 204 };
      },
    }),
    route({
      method: 'GET',
      path: `${root}/deliveries`,
      tag,
      summary: 'What was sent, newest first, with every attempt',
      access: 'admin',
      query: PageQuery,
      replies: { 200: { description: 'a page of deliveries', schema: DeliveryList } },
      answer: ({ query }) => pageReply(query, webhooks.deliveries),
    }),
    route({
      method: 'POST',
      path: `${root}/deliveries/{id}/replay`,
      tag,
      summary: 'Send a message again, as it was',
      access: 'admin',
      body: Nothing,
      replies: { 202: { description: 'it is due', schema: Delivery } },
      refusals: ['delivery_not_found', 'endpoint_not_found'],
      answer: async ({ params: { id = '' } }) => {
        const outcome = await webhooks.replay(id);
        return outcome.kind === 'refused' ? outcome : { status: 202, body: outcome.delivery };
      },
    }),
  ];
}
