import type { HttpResponse } from 'uWebSockets.js';

const statusLines: Readonly<Record<number, string>> = {
  200: '200 OK',
  400: '400 Bad Request',
  402: '402 Payment Required',
  404: '404 Not Found',
  409: '409 Conflict',
  413: '413 Payload Too Large',
  500: '500 Internal Server Error',
  503: '503 Service Unavailable',
};

/** Larger than any charge; a body beyond it is refused. */
const bodyBytesMax = 65_536;

/**
 * One request's answer: knows whether whoever asked is still there, because uWebSockets.js does not
 * forgive a write after they left.
 */
export class Exchange {
  readonly #res: HttpResponse;
  #gone = false;

  constructor(res: HttpResponse) {
    this.#res = res;
    res.onAborted(() => {
      this.#gone = true;
    });
  }

  answer(status: number, body: unknown, headers: Record<string, string> = {}): void {
    if (this.#gone) return;
    this.#gone = true;
    const text = JSON.stringify(body);
    this.#res.cork(() => {
      this.#res.writeStatus(statusLines[status] ?? String(status));
      this.#res.writeHeader('Content-Type', 'application/json');
      for (const [name, value] of Object.entries(headers)) this.#res.writeHeader(name, value);
      this.#res.end(text);
    });
  }

  answerPage(html: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#res.cork(() => {
      this.#res.writeHeader('Content-Type', 'text/html; charset=utf-8');
      this.#res.end(html);
    });
  }

  /** Answers after that time; what is due within a timer's resolution is answered at once. */
  answerAfter(delayMs: number, status: number, body: unknown, headers: Record<string, string> = {}): void {
    if (delayMs < 1) this.answer(status, body, headers);
    else setTimeout(() => this.answer(status, body, headers), delayMs);
  }

  /** Calls back with the whole body as text; refuses one that is too large. */
  readBody(whole: (body: string) => void): void {
    let received: Buffer | null = null;
    this.#res.onData((chunk, isLast) => {
      if (this.#gone) return;
      const piece = Buffer.from(chunk);
      // The chunk is only ours until this callback returns: what is kept is copied.
      received = received ? Buffer.concat([received, piece]) : isLast ? piece : Buffer.from(piece);
      if (received.length > bodyBytesMax) this.answer(413, { error: { message: 'The body is too large.' } });
      else if (isLast) whole(received.toString());
    });
  }
}
