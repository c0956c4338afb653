import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';

/** Where webhooks go, and what they are signed with. */
export interface WebhookEndpoint {
  url: string;
  secret: string;
}

/** Longer than any endpoint should take, and short enough for a drill. */
const answerWithinMs = 10_000;
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/**
 * One attempt, signed as Stripe signs: `t=<seconds>,v1=<HMAC-SHA256 of "t.body">`
 * (https://docs.stripe.com/webhooks#verify-manually). Resolves with the status, or null without an answer.
 */
export function postWebhook({ url, secret }: WebhookEndpoint, body: string): Promise<number | null> {
  const seconds = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return new Promise((resolve) => {
    const outgoing = request(
      url,
      {
        method: 'POST',
        agent,
        timeout: answerWithinMs,
        headers: {
          'Content-Type': 'application/json; charset=utf-8',
          'Content-Length': Buffer.byteLength(body),
          'Stripe-Signature': `t=${seconds},v1=${signature}`,
        },
      },
      (answer) => {
        answer.resume();
        answer.on('close', () => resolve(answer.statusCode ?? null));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => resolve(null));
    outgoing.end(body);
  });
}
