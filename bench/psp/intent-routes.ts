import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import { answerCharge, failsAfter, failsBefore } from './answer-charge.ts';
import type { ChargeBook, Intent, Moved } from './charge-book.ts';
import type { Weather } from './conditions.ts';
import type { Exchange } from './exchange.ts';
import { errorBody, intentBody, listBody } from './intent-body.ts';
import type { RefundBook } from './refund-book.ts';
import type { WebhookSender } from './webhook-sender.ts';

/** What the provider's addresses are made of. */
export interface RouteParts {
  app: TemplatedApp;
  /** An exchange whose answer is given once what it tells of is kept. */
  exchangeOn: (res: HttpResponse) => Exchange;
  /** The same with a provider that is there: everything under /v1 is away together. */
  during: (
    serve: (exchange: Exchange, req: HttpRequest) => void,
  ) => (res: HttpResponse, req: HttpRequest) => void;
  weather: Weather;
  book: ChargeBook;
  refunds: RefundBook;
  /** Called with the idempotency key of every charge that reaches the provider, whatever comes of it. */
  seen: (key: string) => void;
  sender: WebhookSender;
  /** Known once it listens. */
  origin: () => string;
}

const path = '/v1/payment_intents';

/** Charging, finding, capturing and cancelling payment intents. */
export function mountIntents({ app, during, weather, book, seen, origin }: RouteParts): void {
  const list = (exchange: Exchange, url: string, intents: readonly Intent[]) => {
    const data = intents.map((intent) => intentBody(intent, origin()));
    exchange.answerAfter(weather.drawLatencyMs(), 200, listBody(url, data));
  };

  const charge = during((exchange, req) => {
    const key = req.getHeader('idempotency-key') || null;
    const contentType = req.getHeader('content-type');
    exchange.readBody((body) => answerCharge(exchange, weather, book, { key, contentType, body }, origin()));
  });
  app.post(path, (res, req) => {
    seen(req.getHeader('idempotency-key'));
    charge(res, req);
  });

  app.get(
    path,
    during((exchange, req) => {
      const query = new URLSearchParams(req.getQuery());
      const reference = query.get('reference');
      const key = query.get('idempotency_key');
      if (reference !== null) list(exchange, path, book.listByReference(reference));
      else if (key !== null) list(exchange, path, book.listByKey(key));
      else {
        const message = 'Listing takes reference or idempotency_key.';
        exchange.answer(400, errorBody('invalid_request_error', message, { code: 'parameter_missing' }));
      }
    }),
  );

  // Of Stripe's search language the one question that its integrators ask.
  app.get(
    `${path}/search`,
    during((exchange, req) => {
      const query = new URLSearchParams(req.getQuery()).get('query') ?? '';
      const paymentId = /^metadata\['payment_id'\]:'([\w-]+)'$/.exec(query)?.[1];
      if (paymentId !== undefined) list(exchange, `${path}/search`, book.listByPayment(paymentId));
      else {
        const message = "The simulator searches for metadata['payment_id']:'…' alone.";
        exchange.answer(400, errorBody('invalid_request_error', message, { param: 'query' }));
      }
    }),
  );

  app.get(
    `${path}/:id`,
    during((exchange, req) => {
      const intent = found(book, exchange, req.getParameter(0) ?? '');
      if (intent) exchange.answerAfter(weather.drawLatencyMs(), 200, intentBody(intent, origin()));
    }),
  );

  const move = (name: 'capture' | 'cancel', by: (intent: Intent) => Moved) =>
    app.post(
      `${path}/:id/${name}`,
      during((exchange, req) => {
        const id = req.getParameter(0) ?? '';
        exchange.readBody(() => {
          const intent = found(book, exchange, id);
          if (!intent) return;
          const delayMs = weather.drawLatencyMs();
          const fault = weather.drawFault();
          if (failsBefore(fault, exchange, book, delayMs)) return;
          const moved = by(intent);
          if (failsAfter(fault, exchange, book, delayMs)) return;
          const body = intentBody(intent, origin());
          if (moved.kind === 'moved') exchange.answerAfter(delayMs, 200, body);
          else {
            const message = `This PaymentIntent is ${intent.status}: ${name} is not possible.`;
            const problem = errorBody('invalid_request_error', message, {
              code: 'payment_intent_unexpected_state',
            });
            exchange.answerAfter(delayMs, 400, { error: { ...problem.error, payment_intent: body } });
          }
        });
      }),
    );
  move('capture', (intent) => book.capture(intent));
  move('cancel', (intent) => book.cancel(intent));
}

function found(book: ChargeBook, exchange: Exchange, id: string): Intent | null {
  const intent = book.find(id);
  if (intent) return intent;
  const problem = { code: 'resource_missing', param: 'intent' };
  exchange.answer(404, errorBody('invalid_request_error', `No such payment_intent: '${id}'`, problem));
  return null;
}
