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

/**
 * One connection with one exchange at a time, which does nothing that is not needed: node's own client costs
 * several times what the gateway does.
 */
export class HttpWire {
  readonly #socket: Socket;
  readonly #host: string;
  #received = '';
  #answered: ((status: number, text: string) => void) | null = null;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setNoDelay(true);
    // Bodies here are ASCII, so characters are bytes.
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('error', () => {});
    socket.on('close', () => this.#answered?.(0, ''));
  }

  static open(origin: string): Promise<HttpWire> {
    return new Promise((resolve, reject) => {
      const { socket, opened } = socketTo(origin);
      socket.once('error', reject);
      socket.once(opened, () => {
        socket.removeListener('error', reject);
        resolve(new HttpWire(socket, new URL(origin).host));
      });
    });
  }

  /** `answered` gets the status, 0 where the connection ended, and the whole answer. */
  send({ head, tail }: RequestText, token: string, answered: (status: number, text: string) => void): void {
    this.#answered = answered;
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

  #receive(text: string): void {
    this.#received += text;
    const answer = readAnswer(this.#received);
    if (!answer) return;
    const whole = this.#received.slice(0, answer.length);
    this.#received = this.#received.slice(answer.length);
    const answered = this.#answered;
    this.#answered = null;
    answered?.(answer.status, whole);
  }
}
