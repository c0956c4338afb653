import { problemOf, type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { newId } from '../../engine/contracts/ids.ts';
import { type ClientFrame, type ClientOp, clientFrames } from '../../engine/contracts/wire/socket.ts';
import { type SchemaCheck, schemaCheck } from '../guard/schema.ts';
import { refusalOfText } from '../guard/writable-text.ts';
import type { EventName } from './events.ts';

/** A frame that may be worked on, or what is wrong with it; `ref` wherever one could be read. */
export type ReadFrame =
  | { kind: 'frame'; frame: ClientFrame<ClientOp> }
  | { kind: 'malformed'; refusal: Refusal; ref: number | undefined };

const checks = Object.fromEntries(
  Object.entries(clientFrames).map(([op, schema]) => [op, schemaCheck(schema)]),
) as Record<ClientOp, SchemaCheck>;

const ops = Object.keys(clientFrames).join(', ');

const malformed = (detail: string, field?: string, ref?: number): ReadFrame => ({
  kind: 'malformed',
  refusal: refuse('invalid_request', { detail, ...(field === undefined ? {} : { field }) }),
  ref,
});

const noKey = refuse('idempotency_key_required', {
  field: 'idempotencyKey',
  detail: 'Send an idempotencyKey.',
});

/** Reads a text frame of a client. */
export function readFrame(text: string): ReadFrame {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed('A frame must be one JSON object.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return malformed('A frame must be one JSON object.');
  }
  const { op, ref: givenRef } = value as { op?: unknown; ref?: unknown };
  const ref = Number.isFinite(givenRef) ? (givenRef as number) : undefined;
  if (typeof op !== 'string' || !Object.hasOwn(checks, op)) {
    return malformed(`op must be one of ${ops}.`, 'op', ref);
  }
  if (op === 'pay' && !Object.hasOwn(value, 'idempotencyKey'))
    return { kind: 'malformed', refusal: noKey, ref };
  const refusal = refusalOfText(text, value) ?? checks[op as ClientOp](value);
  if (refusal) return { kind: 'malformed', refusal, ref };
  return { kind: 'frame', frame: value as ClientFrame<ClientOp> };
}

/** A server frame as text. */
export function encodeEvent(ev: EventName, body: object, ref?: number): string {
  return JSON.stringify(ref === undefined ? { ev, ...body } : { ev, ref, ...body });
}

/** The `error` event of a refusal: the problem object without what only HTTP has. */
export function encodeError(refusal: Refusal, ref?: number, requestId: string = newId('req')): string {
  const { status: _httpOnly, ...problem } = problemOf(refusal, requestId);
  const { retryAfterSeconds } = refusal;
  const wait =
    retryAfterSeconds === undefined ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterSeconds)) };
  return encodeEvent('error', { ...problem, ...wait }, ref);
}
