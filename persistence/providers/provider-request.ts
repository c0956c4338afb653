import { type Agent, request } from 'node:http';
import { type Agent as SecureAgent, request as secureRequest } from 'node:https';

export interface ProviderAnswer {
  status: number;
  /** Header names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: unknown;
}

export interface ProviderRequest {
  url: URL;
  method: 'GET' | 'POST';
  headers?: Readonly<Record<string, string>>;
  form?: URLSearchParams;
  agent: Agent | SecureAgent;
  /** How long the whole answer may take. */
  timeoutMs: number;
}

/** There was no whole answer in time; what was done is unknown. */
export class ProviderLate extends Error {
  override name = 'ProviderLate';
}

/**
 * One exchange with a provider. Rejects with the socket's error when there was no whole answer; whether the
 * provider acted is then unknown, unless the connection was never made (`ECONNREFUSED`).
 */
export function askProvider(ask: ProviderRequest): Promise<ProviderAnswer> {
  const { url, method, headers, form, agent, timeoutMs } = ask;
  const body = form?.toString();
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? secureRequest : request;
    const outgoing = send(
      url,
      {
        method,
        agent,
        headers: {
          ...headers,
          ...(body === undefined
            ? {}
            : {
                'Content-Type': 'application/x-www-form-urlencoded',
                'Content-Length': Buffer.byteLength(body),
              }),
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('aborted', () => reject(new Error('the answer was cut off')));
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: jsonOf(Buffer.concat(chunks).toString()),
          }),
        );
      },
    );
    // A timer of our own: with an AbortSignal a request, charging cost the worker 15 % more.
    const timer = setTimeout(
      () => outgoing.destroy(new ProviderLate('the provider did not answer in time')),
      timeoutMs,
    );
    outgoing.on('close', () => clearTimeout(timer));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Null where it is no JSON: the status then has to say enough. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
