import { randomUUID } from 'node:crypto';
import type { Intent, IntentStatus } from './charge-book.ts';

/** Something that happened, in the shape of Stripe's events: a snapshot of what it happened to. */
export interface ProviderEvent {
  id: string;
  object: 'event';
  type: string;
  created: number;
  livemode: false;
  data: { object: object };
}

/** What an intent that came into a state is told as. */
export const typeOfStatus = {
  succeeded: 'payment_intent.succeeded',
  requires_payment_method: 'payment_intent.payment_failed',
  requires_action: 'payment_intent.requires_action',
  requires_capture: 'payment_intent.amount_capturable_updated',
  canceled: 'payment_intent.canceled',
} as const satisfies Record<IntentStatus, string>;

/** Told of whenever an intent is made, or comes into another state. */
export type IntentListener = (
  type: 'payment_intent.created' | (typeof typeOfStatus)[IntentStatus],
  intent: Intent,
) => void;

/** `object` is copied at the moment: what happens afterwards has events of its own. */
export const eventOf = (type: string, object: object): ProviderEvent => ({
  id: `evt_${randomUUID().replaceAll('-', '').slice(0, 24)}`,
  object: 'event',
  type,
  created: Math.floor(Date.now() / 1000),
  livemode: false,
  data: { object },
});
