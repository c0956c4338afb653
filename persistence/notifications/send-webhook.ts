import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { Webhook } from 'standardwebhooks';
import { publicLookup, refusalOfUrl } from './webhook-address.ts';

export interface OutgoingWebhook {
  url: string;
  secret: string;
  messageId: string;
  payload: string;
}

/** `status` is null where there was no answer; `error` is null where it was delivered. */
export interface Attempt {
  status: number | null;
  error: string | null;
}

export interface SendingOptions {
  /** Whether private networks and this machine may be called. */
  allowsPrivate: boolean;
  /** How long the whole exchange may take. */
  timeoutMs: number;
}

/** An answer is its status; more than this of its body is not even received. */
const bodyBytesMax = 64 * 1024;

/**
 * One attempt, signed as Standard Webhooks says (https://www.standardwebhooks.com). Redirects are not
 * followed: they would lead past the check of the address. Never rejects.
 */
export function sendWebhook(webhook: OutgoingWebhook, options: SendingOptions): Promise<Attempt> {
  const { url, secret, messageId, payload } = webhook;
  const refusal = refusalOfUrl(url, options.allowsPrivate);
  if (refusal) return Promise.resolve({ status: null, error: refusal.detail ?? refusal.code });
  const at = new Date();
  // As it was judged: `HTTPS://` and a space before it are the same address.
  const target = new URL(url);
  const send = target.protocol === 'https:' ? secureRequest : request;
  return new Promise((resolve) => {
    let isAnswered = false;
    const outgoing = send(
      target,
      {
        method: 'POST',
        agent: false,
        ...(options.allowsPrivate ? {} : { lookup: publicLookup }),
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(payload),
          'user-agent': 'doorbuster',
          'webhook-id': messageId,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          'webhook-signature': new Webhook(secret).sign(messageId, at, payload),
        },
      },
      (answer) => {
        isAnswered = true;
        const status = answer.statusCode ?? 0;
        const isTaken = status >= 200 && status < 300;
        const conclude = () => resolve({ status, error: isTaken ? null : `the endpoint answered ${status}` });
        let received = 0;
        answer.on('data', (chunk: Buffer) => {
          received += chunk.length;
          if (received > bodyBytesMax) outgoing.destroy();
        });
        answer.on('close', conclude);
        answer.on('error', conclude);
      },
    );
    const timer = setTimeout(() => outgoing.destroy(new Error('no answer in time')), options.timeoutMs);
    outgoing.on('error', (error) => resolve({ status: null, error: error.message }));
    outgoing.on('close', () => {
      clearTimeout(timer);
      // Node ends an exchange that switches to another protocol with neither an answer nor an error.
      if (!isAnswered)
        resolve({ status: null, error: 'the endpoint closed the connection without an answer' });
    });
    outgoing.end(payload);
  });
}
