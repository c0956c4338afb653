import type { Refusal } from './errors.ts';

/** What payment providers tell of by themselves, over their webhooks. */
export interface ProviderEvents {
  /**
   * Takes one event in, durably, however often it is told. It decides nothing: whatever it is about is looked
   * after sooner. `body` is what was received, to the byte; `signature` its header.
   * Refusals: `provider_not_found`, `webhook_signature_invalid`, `invalid_request`. Throws while Postgres is away.
   */
  take(provider: string, body: string, signature: string): Promise<{ kind: 'taken' } | Refusal>;
}
