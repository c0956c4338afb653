import { createServer, type IncomingMessage } from 'node:http';
import { authenticate, invalidRequest, type ReserveBody, reserveAnswer, unauthenticated } from './answer.ts';
import type { Store } from './store.ts';

const path = /^\/api\/v1\/sales\/([a-z0-9-]{1,64})\/reservations$/;

/** `POST …/reservations` on node:http without a framework, over any store. Resolves when it listens. */
export function openNodeHttpShop(store: Store): Promise<void> {
  const { AUTH_SECRET = '', TOKEN_SECRET = '', PORT } = process.env;
  const buyerOf = authenticate(AUTH_SECRET);
  const answer = reserveAnswer(store, TOKEN_SECRET);

  async function answerTo(request: IncomingMessage) {
    const saleId = path.exec(request.url ?? '')?.[1];
    const body = bodyOf(await textOf(request));
    if (request.method !== 'POST' || saleId === undefined || body === null) return invalidRequest;
    const buyerId = buyerOf(request.headers.authorization);
    return buyerId === null ? unauthenticated : answer(buyerId, saleId, body);
  }

  const server = createServer((request, response) => {
    answerTo(request).then(
      ({ status, body }) => {
        const text = JSON.stringify(body);
        const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
        response.writeHead(status, headers).end(text);
      },
      () => response.writeHead(500).end(),
    );
  });
  return new Promise((resolve) => server.listen(Number(PORT), '127.0.0.1', resolve));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) text += chunk;
  return text;
}

function bodyOf(text: string): ReserveBody | null {
  try {
    const body = JSON.parse(text) as ReserveBody;
    const isWhole =
      Array.isArray(body.items) &&
      body.items.length > 0 &&
      body.items.every(
        ({ sku, quantity }) => /^[a-z0-9-]{1,64}$/.test(sku) && Number.isInteger(quantity) && quantity > 0,
      );
    return isWhole ? body : null;
  } catch {
    return null;
  }
}
