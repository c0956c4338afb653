import { failsAfter, failsBefore, replayedHeader } from './answer-charge.ts';
import { fieldsOf } from './charge-request.ts';
import { eventOf } from './event.ts';
import { errorBody, listBody } from './intent-body.ts';
import type { RouteParts } from './intent-routes.ts';

const path = '/v1/refunds';

/** Giving money back, once per idempotency key. */
export function mountRefunds({ app, during, weather, book, refunds, sender }: RouteParts): void {
  app.post(
    path,
    during((exchange, req) => {
      const key = req.getHeader('idempotency-key') || null;
      const contentType = req.getHeader('content-type');
      exchange.readBody((body) => {
        const delayMs = weather.drawLatencyMs();
        const fault = weather.drawFault();
        if (failsBefore(fault, exchange, book, delayMs)) return;
        const answer = refunds.refund(key, fieldsOf(contentType, body) ?? {});
        if (answer.kind === 'refund' && !answer.replayed) {
          const { refund } = answer;
          sender.tell(() => eventOf('refund.created', refund));
        }
        if (failsAfter(fault, exchange, book, delayMs)) return;
        if (answer.kind === 'refund') {
          exchange.answerAfter(delayMs, 200, answer.refund, replayedHeader(answer.replayed));
          return;
        }
        const { status, type, code, param, message } = answer.problem;
        const details = param === undefined ? { code } : { code, param };
        exchange.answerAfter(delayMs, status, errorBody(type, message, details));
      });
    }),
  );

  app.get(
    path,
    during((exchange, req) => {
      const intentId = new URLSearchParams(req.getQuery()).get('payment_intent') ?? '';
      exchange.answerAfter(weather.drawLatencyMs(), 200, listBody(path, refunds.listByIntent(intentId)));
    }),
  );

  app.get(
    `${path}/:id`,
    during((exchange, req) => {
      const id = req.getParameter(0) ?? '';
      const refund = refunds.find(id);
      if (refund) exchange.answerAfter(weather.drawLatencyMs(), 200, refund);
      else {
        const problem = { code: 'resource_missing', param: 'refund' };
        exchange.answer(404, errorBody('invalid_request_error', `No such refund: '${id}'`, problem));
      }
    }),
  );
}
