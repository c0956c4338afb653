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
 */
export class Exchange {
  deadlineMs: number;
  /** While true, the deadline is the client's: the body has not arrived. */
  isReceiving: boolean;
  isOver = false;
  readonly #res: HttpResponse;
  readonly #isHead: boolean;
  readonly #onOver: (exchange: Exchange) => void;
  readonly requestId: string;

  constructor(
    res: HttpResponse,
    options: {
      requestId: string;
      isHead: boolean;
      isReceiving: boolean;
      deadlineMs: number;
      onOver: (exchange: Exchange) => void;
    },
  ) {
    this.#res = res;
    this.#isHead = options.isHead;
    this.#onOver = options.onOver;
    this.requestId = options.requestId;
    this.isReceiving = options.isReceiving;
    this.deadlineMs = options.deadlineMs;
    res.onAborted(() => this.#end());
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
    if (body !== null && !this.#isHead) {
      res.end(body, isLast);
      return;
    }
    // With a length as its argument, `endWithoutBody` waits for the body that it was told not to expect, and
    // the connection's next request closes it (uWebSockets.js 20).
    if (body !== null) res.writeHeader('Content-Length', String(Buffer.byteLength(body)));
    if (isLast) res.writeHeader('Connection', 'close');
    res.endWithoutBody();
  }
}
