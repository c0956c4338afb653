import { refuse } from '../../engine/contracts/errors.ts';
import type { ProviderEvents } from '../../engine/contracts/provider-events.ts';
import { gather } from '../postgres/gathering.ts';
import type { Postgres } from '../postgres/pool.ts';
import { columns, statement } from '../postgres/statement.ts';
import { readWebhook } from './read-webhook.ts';

interface EventRow {
  provider: string;
  id: string;
  type: string;
  paymentId: string | null;
  refundId: string | null;
  providerReference: string | null;
}

const takeEvents = statement('take-events');

const sizeMax = 500;

/** Events of the providers whose secrets are given, by name, on Postgres; what arrives together is one commit. */
export function providerEventsOn(
  on: Postgres,
  secrets: Readonly<Record<string, string | undefined>>,
): ProviderEvents {
  const store = gather<EventRow, void>(
    async (events) => {
      const named = ['provider', 'id', 'type', 'paymentId', 'refundId', 'providerReference'] as const;
      await takeEvents(on, columns(events, named));
      return events.map(() => undefined);
    },
    { sizeMax },
  );
  return {
    async take(provider, body, signature) {
      const secret = Object.hasOwn(secrets, provider) ? secrets[provider] : undefined;
      if (secret === undefined) return refuse('provider_not_found');
      const event = readWebhook(body, signature, secret);
      if (event.kind === 'refused') return event;
      await store({ ...event, provider });
      return { kind: 'taken' };
    },
  };
}
