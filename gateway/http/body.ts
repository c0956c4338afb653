import { isUtf8 } from 'node:buffer';
import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { refusalOfText } from '../guard/writable-text.ts';
import type { HttpResponse } from './uws.ts';

/** Unless a route says otherwise. */
export const bodyBytesMax = 64 * 1024;

/**
 * How long a body may take to arrive. uWebSockets.js cuts a silent one off after about 10 s, without an answer; an
 * answer has to come before.
 */
export const receiveMsMax = 6_000;

/** A body without a declared length is read on (and dropped) so far, so that its sender gets to see the refusal. */
const drainedBytesMax = 4 * 1024 * 1024;

export type BodyText = { kind: 'text'; text: string };

export const tooLarge = (bytesMax: number): Refusal =>
  refuse('payload_too_large', { detail: `A body may have at most ${bytesMax} bytes.` });

const notText = () => refuse('invalid_request', { status: 400, detail: 'The body is not UTF-8.' });

/** The text of a whole body. */
export function textOf(bytes: Buffer): BodyText | Refusal {
  return isUtf8(bytes) ? { kind: 'text', text: bytes.toString() } : notText();
}

/**
 * Calls `done` once, with the text or a refusal. Never keeps more than the limit: what comes after it is
 * counted and dropped. A body whose declared length is over the limit is not read here at all.
 */
export function readBody(res: HttpResponse, done: (body: BodyText | Refusal) => void): void {
  let chunks: Buffer[] | null = null;
  let receivedBytes = 0;
  let isDone = false;
  res.onData((chunk, isLast) => {
    if (isDone) return;
    receivedBytes += chunk.byteLength;
    if (receivedBytes > bodyBytesMax) {
      chunks = null;
      isDone = isLast || receivedBytes > drainedBytesMax;
      if (isDone) done(tooLarge(bodyBytesMax));
      return;
    }
    const bytes = Buffer.from(chunk);
    isDone = isLast;
    // Most bodies are one piece, and become text while uWebSockets.js still holds its memory.
    if (isLast) return done(textOf(chunks ? Buffer.concat([...chunks, bytes]) : bytes));
    chunks ??= [];
    chunks.push(Buffer.from(bytes));
  });
}

/** The value that a body's JSON stands for; an empty body is an empty object where nothing is required. */
export function parseJson(text: string, isOptional: boolean): { kind: 'json'; value: unknown } | Refusal {
  if (text === '') {
    return isOptional
      ? { kind: 'json', value: {} }
      : refuse('invalid_request', { status: 400, detail: 'The body is empty; send a JSON object.' });
  }
  try {
    const value: unknown = JSON.parse(text);
    return refusalOfText(text, value) ?? { kind: 'json', value };
  } catch (error) {
    const where = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const detail =
      where === undefined ? 'The body is not JSON.' : `The body is not JSON: see position ${where}.`;
    return refuse('invalid_request', { status: 400, detail });
  }
}
