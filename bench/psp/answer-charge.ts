import type { ChargeBook } from './charge-book.ts';
import { readCharge } from './charge-request.ts';
import type { Weather } from './conditions.ts';
import type { Exchange } from './exchange.ts';
import { declineBody, errorBody, intentBody } from './intent-body.ts';

/** Charges, and answers as Stripe would, after the latency of the day. */
export function answerCharge(
  exchange: Exchange,
  weather: Weather,
  book: ChargeBook,
  request: { key: string | null; contentType: string; body: string },
  origin: string,
): void {
  const read = readCharge(request.contentType, request.body);
  if (read.kind === 'problem') {
    const { message, code, param } = read.problem;
    exchange.answer(400, errorBody('invalid_request_error', message, { code, param }));
    return;
  }
  const delayMs = weather.drawLatencyMs();
  if (weather.drawError()) {
    exchange.answerAfter(delayMs, 500, errorBody('api_error', 'Something went wrong at the provider.'));
    return;
  }
  const answer = book.charge(request.key, read.charge);
  switch (answer.kind) {
    case 'other_request':
      exchange.answer(
        400,
        errorBody(
          'idempotency_error',
          'Keys can only be used with the parameters they were first used with.',
        ),
      );
      return;
    case 'unknown_card': {
      const message = `No such PaymentMethod: '${read.charge.paymentMethod}'`;
      const details = { code: 'resource_missing', param: 'payment_method' };
      exchange.answer(400, errorBody('invalid_request_error', message, details));
      return;
    }
    case 'failed':
      exchange.answerAfter(
        delayMs,
        500,
        errorBody('api_error', 'Something went wrong at the provider.'),
        replayedHeader(answer.replayed),
      );
      return;
    case 'intent': {
      if (answer.answerLost) return;
      const { intent } = answer;
      const headers = replayedHeader(answer.replayed);
      const [status, body] =
        intent.declineCode === null
          ? [200, intentBody(intent, origin)]
          : [402, declineBody(intent, intent.declineCode, origin)];
      exchange.answerAfter(delayMs, status, body, headers);
    }
  }
}

export const replayedHeader = (replayed: boolean): Record<string, string> =>
  replayed ? { 'Idempotent-Replayed': 'true' } : {};
