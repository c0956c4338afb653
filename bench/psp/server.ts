import { App, type HttpRequest, type HttpResponse, us_socket_local_port } from 'uWebSockets.js';
import { mountAuthentication } from './authentication.ts';
import { ChargeBook } from './charge-book.ts';
import { type Conditions, calm, Weather } from './conditions.ts';
import { eventOf, type IntentListener } from './event.ts';
import { Exchange } from './exchange.ts';
import { errorBody, intentBody } from './intent-body.ts';
import { mountIntents, type RouteParts } from './intent-routes.ts';
import type { Entry, KeptBooks } from './kept-books.ts';
import type { WebhookEndpoint } from './post-webhook.ts';
import { RefundBook } from './refund-book.ts';
import { mountRefunds } from './refund-routes.ts';
import type { Tally } from './tally.ts';
import { WebhookSender } from './webhook-sender.ts';

export interface ProviderServer {
  port: number;
  /** Where its webhooks go from now on. */
  sendWebhooksTo(endpoint: WebhookEndpoint): void;
  close(): void;
}

/** LIBUS_LISTEN_EXCLUSIVE_PORT: without it two servers share a port, and each knows half of the charges. */
const exclusivePort = 1;

type ListenSocket = Parameters<typeof us_socket_local_port>[0];
type Listen = (
  host: string,
  port: number,
  options: number,
  done: (socket: ListenSocket | false) => void,
) => void;

/**
 * The payment provider's HTTP interface, on uWebSockets.js: a charge costs a tenth of what it costs on
 * node:http, and the simulator shares its core with what is being measured.
 * Port 0 takes any free port. Rejects where the port is taken. It goes on where `kept` ends; without it, with
 * empty books.
 */
export function startProvider(
  host: string,
  port: number,
  conditions: Partial<Conditions>,
  endpoint: WebhookEndpoint | null = null,
  kept: KeptBooks | null = null,
): Promise<ProviderServer> {
  const weather = new Weather({ ...calm, ...conditions });
  const sender = new WebhookSender(weather, endpoint);
  const seen = new Set<string>();
  const app = App();
  let origin = '';
  const tell: IntentListener = (type, intent) => sender.tell(() => eventOf(type, intentBody(intent, origin)));
  const keep = (entry: Entry) => kept?.add(entry);
  const book = new ChargeBook(tell, keep);
  const refunds = new RefundBook(book, keep);
  for (const entry of kept?.found ?? []) {
    if (entry.kind === 'refund') refunds.restore(entry);
    else book.restore(entry);
    if ((entry.kind === 'charged' || entry.kind === 'failed') && entry.key !== null) seen.add(entry.key);
  }
  const exchangeOn = (res: HttpResponse) => new Exchange(res, () => kept?.kept() ?? null);

  /** Everything under /v1 is away together. */
  const during = (serve: (exchange: Exchange, req: HttpRequest) => void) => {
    return (res: HttpResponse, req: HttpRequest) => {
      const exchange = exchangeOn(res);
      if (weather.conditions.outage) exchange.answer(503, errorBody('api_error', 'The provider is away.'));
      else serve(exchange, req);
    };
  };

  const parts: RouteParts = {
    ...{ app, exchangeOn, during, weather, book, refunds, sender },
    seen: (key) => seen.add(key),
    origin: () => origin,
  };
  mountIntents(parts);
  mountRefunds(parts);
  mountAuthentication(parts);

  app.get('/control', (res) => new Exchange(res).answer(200, weather.conditions));
  app.get('/control/charges', (res) => {
    const tally: Tally = { ...book.tally(), paymentsSeen: seen.size, webhooks: sender.tally() };
    new Exchange(res).answer(200, tally);
  });
  app.get('/control/seen', (res) => new Exchange(res).answer(200, [...seen]));
  app.put('/control', (res) => {
    const exchange = new Exchange(res);
    exchange.readBody((body) => {
      const problem = weather.change(jsonOf(body));
      if (problem) exchange.answer(400, errorBody('invalid_request_error', problem));
      else exchange.answer(200, weather.conditions);
    });
  });
  app.any('/*', (res, req) => {
    const message = `Unrecognized request URL (${req.getMethod().toUpperCase()}: ${req.getUrl()}).`;
    new Exchange(res).answer(404, errorBody('invalid_request_error', message));
  });

  return new Promise((resolve, reject) => {
    // The package's types do not know the form with a host and options.
    const listen = app.listen.bind(app) as unknown as Listen;
    listen(host, port, exclusivePort, (socket) => {
      if (!socket) reject(new Error(`${host}:${port} is taken or cannot be listened on`));
      else {
        const bound = us_socket_local_port(socket);
        origin = `http://${host}:${bound}`;
        resolve({
          port: bound,
          sendWebhooksTo: (endpoint) => {
            sender.endpoint = endpoint;
          },
          close: () => {
            sender.close();
            app.close();
          },
        });
      }
    });
  });
}

/** Undefined where it is no JSON: the schema then says what it wants. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
