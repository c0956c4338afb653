import { STATUS_CODES } from 'node:http';
import type { HttpResponse } from './uws.ts';

/** An answer as it goes onto the wire. */
export interface Rendered {
  status: number;
  requestId: string;
  /**
   * All headers but `X-Request-Id`, each as a line break, name, colon and value. One text, because each header
   * on its own costs two conversions of strings and a call into uWebSockets.js (docs/adr/0014).
   */
  head: string;
  body: string | null;
  /** Ends the connection after the answer. */
  isLast?: boolean;
}

const statusLines: readonly string[] = Array.from(
  { length: 600 },
  (_, status) => `${status} ${STATUS_CODES[status] ?? ''}`,
);

/**
 * One request and its one answer. Whatever happens in between (an abort, a deadline, a handler that comes
 * back late) at most one answer is written, and never onto a response that is gone.
 *
 * Whoever asks on without reading is cut off: the library ends a connection whose next request comes before an answer
 * has left, and an answer counts as left once the system has taken it. Kept for later without end, 46,000 requests a
 * second for `/healthz` on one connection took 12 MB of memory a second. Of an answer without a body the library does
 * not tell whether it has left: there a quota bounds what is kept, and an answer that none bounds, or that says that it
 * is used up, ends the connection.
 */
export class Exchange {
  deadlineMs: number;
  /** While true, the deadline is the client's: the body has not arrived. */
  isReceiving: boolean;
  isOver = false;
  /** There is no response any more. */
  #isGone = false;
  readonly #res: HttpResponse;
  readonly #isHead: boolean;
  readonly #isLimited: boolean;
  readonly #onOver: (exchange: Exchange) => void;
  readonly requestId: string;

  constructor(
    res: HttpResponse,
    options: {
      requestId: string;
      isHead: boolean;
      /** Quotas bound how many of these are answered. */
      isLimited: boolean;
      isReceiving: boolean;
      deadlineMs: number;
      onOver: (exchange: Exchange) => void;
    },
  ) {
    this.#res = res;
    this.#isHead = options.isHead;
    this.#isLimited = options.isLimited;
    this.#onOver = options.onOver;
    this.requestId = options.requestId;
    this.isReceiving = options.isReceiving;
    this.deadlineMs = options.deadlineMs;
    res.onAborted(() => {
      this.#isGone = true;
      this.#end();
    });
  }

  send(rendered: Rendered): void {
    if (this.isOver) return;
    this.#end();
    this.#res.cork(() => this.#write(rendered));
  }

  #end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#onOver(this);
  }

  #write({ status, requestId, head, body, isLast = false }: Rendered): void {
    const res = this.#res;
    res.writeStatus(statusLines[status] as string);
    // The library writes the value as it is, and with it the lines that follow.
    res.writeHeader('X-Request-Id', requestId + head);
    if (body === null || this.#isHead) {
      if (body !== null) res.writeHeader('Content-Length', String(Buffer.byteLength(body)));
      this.#endHead(isLast || !this.#isLimited || status === 429);
    } else if (isLast) {
      res.end(body, isLast);
    } else {
      this.#endWith(body);
    }
  }

  /** Leaves what the system does not take now to when it takes more. */
  #endWith(body: string): void {
    const res = this.#res;
    const bytes = Buffer.byteLength(body);
    if (res.tryEnd(body, bytes)[1]) return;
    const whole = Buffer.from(body);
    res.onWritable((sentBytes) => res.tryEnd(whole.subarray(sentBytes), bytes)[0]);
  }

  #endHead(isLast: boolean): void {
    const res = this.#res;
    // With a length as its argument, `endWithoutBody` waits for the body that it was told not to expect, and
    // the connection's next request closes it (uWebSockets.js 20).
    if (!isLast) {
      res.endWithoutBody();
      return;
    }
    // It does not end a connection either. An empty line ends the head, and the response stays one that can be closed.
    res.writeHeader('Connection', 'close\r\n');
    // Not before what is written has left.
    setImmediate(() => {
      if (!this.#isGone) res.close();
    });
  }
}
