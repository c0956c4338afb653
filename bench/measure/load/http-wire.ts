import type { Socket } from 'node:net';
import { socketTo } from './wire-socket.ts';

/** A request with a token in it, up to the token and after it: all buyers send the same but for that. */
export interface RequestText {
  head: string;
  tail: string;
}

export interface RequestParts {
  method: 'GET' | 'POST';
  path: string;
  /** JSON; empty for none. */
  body: string;
  /** Further lines of the head, without their ends. */
  headers?: readonly string[];
}

/** Stands for the name of whoever is asked. */
const anyHost = 'Host: doorbuster';

/** A request as HTTP/1.1 text. With `hasToken` the token goes between its two parts. */
export function requestText(
  { method, path, body, headers = [] }: RequestParts,
  hasToken = true,
): RequestText {
  const lines = [`${method} ${path} HTTP/1.1`, anyHost, ...headers];
  if (body !== '') {
    lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`);
  }
  if (hasToken) lines.push('Authorization: Bearer ');
  const head = lines.join('\r\n');
  return { head, tail: `\r\n\r\n${body}` };
}

/** `POST path` with that JSON. */
export const postText = (path: string, body: string): RequestText =>
  requestText({ method: 'POST', path, body });

/** The length of the answer that `text` begins with and its status; null while it is not whole. */
export function readAnswer(text: string): { status: number; length: number } | null {
  const headLength = text.indexOf('\r\n\r\n');
  if (headLength < 0) return null;
  const head = text.slice(0, headLength);
  const status = Number(head.slice(9, 12));
  // 304 tells how long the body would be, and has none.
  const bodyLength = status === 304 ? 0 : Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  const length = headLength + 4 + bodyLength;
  return text.length < length ? null : { status, length };
}

/** Longer than any answer may take, a payment that waits for its outcome included. */
const silenceMaxMs = 60_000;

/**
 * One connection with one exchange at a time, which does nothing that is not needed: node's own client costs
 * several times what the gateway does. Closed while nothing was asked, which uWebSockets.js does after 10 s, it
 * is opened again by the next request; closed while an answer is awaited, that answer is a failure.
 */
export class HttpWire {
  readonly #origin: string;
  readonly #host: string;
  readonly #silenceMaxMs: number;
  #socket: Socket;
  #received = '';
  #answered: ((status: number, text: string) => void) | null = null;

  private constructor(origin: string, socket: Socket, silenceMs: number) {
    this.#origin = origin;
    this.#host = new URL(origin).host;
    this.#silenceMaxMs = silenceMs;
    this.#socket = this.#listeningTo(socket);
  }

  /** Who says nothing for `silenceMs` while an answer is awaited has failed. */
  static open(origin: string, silenceMs = silenceMaxMs): Promise<HttpWire> {
    return new Promise((resolve, reject) => {
      const { socket, opened } = socketTo(origin);
      socket.once('error', reject);
      socket.once(opened, () => {
        socket.removeListener('error', reject);
        resolve(new HttpWire(origin, socket, silenceMs));
      });
    });
  }

  /** `answered` gets the status, 0 where the connection ended, and the whole answer. */
  send({ head, tail }: RequestText, token: string, answered: (status: number, text: string) => void): void {
    this.#answered = answered;
    if (!this.#socket.writable) this.#socket = this.#listeningTo(socketTo(this.#origin).socket);
    this.#socket.write(head.replace(anyHost, `Host: ${this.#host}`) + token + tail, 'latin1');
  }

  ask(text: RequestText, token: string): Promise<number> {
    return new Promise((resolve) => this.send(text, token, resolve));
  }

  /** The same, with all that was answered. */
  exchange(text: RequestText, token: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve) => {
      this.send(text, token, (status, answer) => resolve({ status, text: answer }));
    });
  }

  close(): void {
    this.#answered = null;
    this.#socket.destroy();
  }

  #listeningTo(socket: Socket): Socket {
    this.#received = '';
    socket.setNoDelay(true);
    // Bodies here are ASCII, so characters are bytes.
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('error', () => {});
    socket.setTimeout(this.#silenceMaxMs, () => socket.destroy());
    // An earlier socket may say that it is closed after a new one has been asked.
    socket.on('close', () => {
      if (socket === this.#socket) this.#answer(0, '');
    });
    return socket;
  }

  #receive(text: string): void {
    this.#received += text;
    const answer = readAnswer(this.#received);
    if (!answer) return;
    const whole = this.#received.slice(0, answer.length);
    this.#received = this.#received.slice(answer.length);
    this.#answer(answer.status, whole);
  }

  #answer(status: number, text: string): void {
    const answered = this.#answered;
    this.#answered = null;
    answered?.(status, text);
  }
}
