import { readFileSync } from 'node:fs';
import { refuse } from '../../engine/contracts/errors.ts';
import { reply } from '../../engine/contracts/wire/common.ts';
import { refusalReply } from '../http/refusal.ts';
import { type Route, route } from '../http/route.ts';

const pageHeaders = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'Referrer-Policy': 'no-referrer',
};

const tag = 'documents';

/** A document that is written when it is first asked for, because it describes the table that it stands in. */
export function documentRoute(path: string, summary: string, write: () => object): Route {
  let text: string | undefined;
  return route({
    method: 'GET',
    path,
    tag,
    summary,
    access: 'public',
    cacheSeconds: 60,
    replies: { 200: { description: 'the document', schema: reply({}) } },
    answer: () => {
      text ??= JSON.stringify(write());
      return { status: 200, body: text, headers: { 'Content-Type': 'application/json' } };
    },
  });
}

/** What this is and where to go, the two documents, and a hint at the WebSocket's address for plain HTTP. */
export function pageRoutes(documents: { openApi: () => object; asyncApi: () => object }): Route[] {
  const page = readFileSync(new URL('../public/index.html', import.meta.url), 'utf8');
  return [
    route({
      method: 'GET',
      path: '/',
      tag,
      summary: 'What this is and where to go',
      access: 'public',
      cacheSeconds: 60,
      replies: { 200: { description: 'a page', contentType: 'text/html' } },
      answer: () => ({ status: 200, body: page, headers: pageHeaders }),
    }),
    documentRoute('/openapi.json', 'This API, as OpenAPI 3.1', documents.openApi),
    documentRoute('/asyncapi.json', 'The WebSocket, as AsyncAPI 3', documents.asyncApi),
    route({
      method: 'GET',
      path: '/ws',
      tag,
      summary: 'The WebSocket, see `/asyncapi.json`',
      access: 'public',
      replies: {
        101: { description: 'switching to the WebSocket protocol' },
        426: { description: '`invalid_request`: this address speaks WebSocket only', headers: ['Upgrade'] },
      },
      answer: ({ requestId }) => {
        const refusal = refuse('invalid_request', {
          status: 426,
          detail: 'This address speaks WebSocket only.',
        });
        const reply = refusalReply(refusal, requestId);
        return { ...reply, headers: { ...reply.headers, Upgrade: 'websocket' } };
      },
    }),
  ];
}
