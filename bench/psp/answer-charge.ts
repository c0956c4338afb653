import type { ChargeBook } from './charge-book.ts';
import { readCharge } from './charge-request.ts';
import type { Fault, Weather } from './conditions.ts';
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
  const fault = weather.drawFault();
  if (failsBefore(fault, exchange, book, delayMs)) return;
  const answer = book.charge(request.key, read.charge, {
    fails: fault === 'error_after',
    asksOwner: weather.drawAction(),
  });
  if (fault === 'timeout_after') {
    book.count('answersLost');
    return;
  }
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
      exchange.answerAfter(delayMs, 500, failure, replayedHeader(answer.replayed));
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

export const failure = errorBody('api_error', 'Something went wrong at the provider.');

/** A fault before the effect: true where there will be no other answer. */
export function failsBefore(
  fault: Fault | null,
  exchange: Exchange,
  book: ChargeBook,
  delayMs: number,
): boolean {
  if (fault === 'error') {
    book.count('failed');
    exchange.answerAfter(delayMs, 500, failure);
    return true;
  }
  if (fault !== 'timeout_before') return false;
  book.count('requestsLost');
  return true;
}

/** A fault after the effect of anything but a charge: true where that is all that is answered. */
export function failsAfter(
  fault: Fault | null,
  exchange: Exchange,
  book: ChargeBook,
  delayMs: number,
): boolean {
  if (fault === 'error_after') {
    book.count('failed');
    exchange.answerAfter(delayMs, 500, failure);
    return true;
  }
  if (fault !== 'timeout_after') return false;
  book.count('answersLost');
  return true;
}

export const replayedHeader = (replayed: boolean): Record<string, string> =>
  replayed ? { 'Idempotent-Replayed': 'true' } : {};
