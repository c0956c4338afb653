import { App, type HttpRequest, type HttpResponse, us_socket_local_port } from 'uWebSockets.js';
import { answerCharge } from './answer-charge.ts';
import { ChargeBook } from './charge-book.ts';
import { type Conditions, Weather } from './conditions.ts';
import { Exchange } from './exchange.ts';
import { errorBody, intentBody, listBody } from './intent-body.ts';

export interface ProviderServer {
  port: number;
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
 * Port 0 takes any free port. Rejects where the port is taken.
 */
export function startProvider(host: string, port: number, conditions: Conditions): Promise<ProviderServer> {
  const weather = new Weather(conditions);
  const book = new ChargeBook();
  const app = App();

  /** Everything under /v1 is away together. */
  const during = (serve: (exchange: Exchange, req: HttpRequest) => void) => {
    return (res: HttpResponse, req: HttpRequest) => {
      const exchange = new Exchange(res);
      if (weather.conditions.outage) exchange.answer(503, errorBody('api_error', 'The provider is away.'));
      else serve(exchange, req);
    };
  };

  app.post(
    '/v1/payment_intents',
    during((exchange, req) => {
      const key = req.getHeader('idempotency-key') || null;
      const contentType = req.getHeader('content-type');
      exchange.readBody((body) => answerCharge(exchange, weather, book, { key, contentType, body }));
    }),
  );
  app.get(
    '/v1/payment_intents',
    during((exchange, req) => {
      const query = new URLSearchParams(req.getQuery());
      const reference = query.get('reference');
      const key = query.get('idempotency_key');
      const delayMs = weather.drawLatencyMs();
      if (reference !== null) exchange.answerAfter(delayMs, 200, listBody(book.listByReference(reference)));
      else if (key !== null) exchange.answerAfter(delayMs, 200, listBody(book.listByKey(key)));
      else {
        const message = 'Listing takes reference or idempotency_key.';
        exchange.answer(400, errorBody('invalid_request_error', message, { code: 'parameter_missing' }));
      }
    }),
  );
  app.get(
    '/v1/payment_intents/:id',
    during((exchange, req) => {
      const id = req.getParameter(0) ?? '';
      const intent = book.find(id);
      if (intent) exchange.answerAfter(weather.drawLatencyMs(), 200, intentBody(intent));
      else {
        const problem = { code: 'resource_missing', param: 'intent' };
        exchange.answer(404, errorBody('invalid_request_error', `No such payment_intent: '${id}'`, problem));
      }
    }),
  );

  app.get('/control', (res) => new Exchange(res).answer(200, weather.conditions));
  app.get('/control/charges', (res) => new Exchange(res).answer(200, book.tally()));
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
      else resolve({ port: us_socket_local_port(socket), close: () => app.close() });
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
