import { Agent, type IncomingMessage, request } from 'node:http';
import { pause } from './pause.ts';

export interface HttpReply {
  status: number;
  retryAfter: string | undefined;
  body: Record<string, unknown>;
}

/** Of one process, for all its buyers: a gateway's open files are for sockets. */
const connectionsMax = 256;
/** Every gateway may be down at once: with the pauses in between this is a minute and a half. */
const attemptsMax = 40;
const replyWithinMs = 30_000;

/** Requests over connections that are kept and shared. */
export class HttpDoor {
  readonly #origin: string;
  readonly #agent: Agent;

  constructor(origin: string, localAddress: string | null) {
    this.#origin = origin;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: connectionsMax,
      scheduling: 'lifo',
      ...(localAddress === null ? {} : { localAddress }),
    });
  }

  /**
   * One request; repeated where no reply came, which the protocol makes safe for every call of a buyer.
   * `lost` is told of each repeat. Throws when no repeat helped.
   */
  async ask(
    method: 'GET' | 'POST',
    path: string,
    headers: Record<string, string>,
    body: unknown,
    lost: () => void,
  ): Promise<HttpReply> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(method, path, headers, body);
      } catch (error) {
        if (attempt === attemptsMax) throw error;
        lost();
        await pause(100 * attempt);
      }
    }
  }

  #once(method: string, path: string, headers: Record<string, string>, body: unknown): Promise<HttpReply> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.#origin}${path}`,
        {
          method,
          agent: this.#agent,
          timeout: replyWithinMs,
          headers:
            payload === undefined
              ? headers
              : {
                  ...headers,
                  'Content-Type': 'application/json',
                  'Content-Length': Buffer.byteLength(payload),
                },
        },
        (reply) => read(reply).then(resolve, reject),
      );
      sent.on('error', reject);
      sent.on('timeout', () => sent.destroy(new Error('no reply')));
      sent.end(payload);
    });
  }
}

async function read(reply: IncomingMessage): Promise<HttpReply> {
  const chunks: Buffer[] = [];
  for await (const chunk of reply) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return {
    status: reply.statusCode ?? 0,
    retryAfter: reply.headers['retry-after'],
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}
