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

/** Resolves once what has happened until now is kept; null where it is, or is not kept at all. */
export type Kept = () => Promise<void> | null;

/**
 * One request's answer: knows whether whoever asked is still there, because uWebSockets.js does not
 * forgive a write after they left.
 */
export class Exchange {
  readonly #res: HttpResponse;
  readonly #kept: Kept;
  #gone = false;

  constructor(res: HttpResponse, kept: Kept = () => null) {
    this.#res = res;
    this.#kept = kept;
    res.onAborted(() => {
      this.#gone = true;
    });
  }

  answer(
    status: number,
    body: unknown,
    headers: Record<string, string> = {},
    kept: Promise<void> | null = this.#kept(),
  ): void {
    const text = JSON.stringify(body);
    this.#end(kept, () => {
      this.#res.writeStatus(statusLines[status] ?? String(status));
      this.#res.writeHeader('Content-Type', 'application/json');
      for (const [name, value] of Object.entries(headers)) this.#res.writeHeader(name, value);
      this.#res.end(text);
    });
  }

  answerPage(html: string): void {
    this.#end(this.#kept(), () => {
      this.#res.writeHeader('Content-Type', 'text/html; charset=utf-8');
      this.#res.end(html);
    });
  }

  /** Answers after that time; what is due within a timer's resolution is answered at once. */
  answerAfter(delayMs: number, status: number, body: unknown, headers: Record<string, string> = {}): void {
    // What happens meanwhile is not this answer's to wait for.
    const kept = this.#kept();
    if (delayMs < 1) this.answer(status, body, headers, kept);
    else setTimeout(() => this.answer(status, body, headers, kept), delayMs);
  }

  #end(kept: Promise<void> | null, write: () => void): void {
    const end = () => {
      if (this.#gone) return;
      this.#gone = true;
      this.#res.cork(write);
    };
    if (kept === null) end();
    else void kept.then(end);
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
