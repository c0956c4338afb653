import { demand } from '../failure.ts';
import { HttpWire, type RequestParts, requestText } from './http-wire.ts';

/** The answers of one run differ in digits of numbers; a refusal is less than half as long as what it refuses. */
const tolerance = 0.05;

/**
 * The length of one answer as it goes over the wire, head and body: what all others are expected to have.
 * Throws `BrokenInvariant` where its status is not the expected one.
 */
export async function wireBytes(
  origin: string,
  { token, ...request }: RequestParts & { token: string | null },
  isExpected: (status: number) => boolean,
): Promise<number> {
  const wire = await HttpWire.open(origin);
  const answer = await wire.exchange(requestText(request, token !== null), token ?? '');
  wire.close();
  demand(
    isExpected(answer.status),
    `${request.method} ${request.path} was answered ${answer.text.slice(0, 600)}`,
  );
  return answer.text.length;
}

/** Throws `BrokenInvariant` unless answers were about as long as the one that was looked at. */
export function checkBytes(perAnswer: number, expected: number): void {
  demand(
    Math.abs(perAnswer / expected - 1) < tolerance,
    `answers had ${perAnswer.toFixed(0)} bytes on average, the expected one has ${expected}`,
  );
}
