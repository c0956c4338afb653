import { type Conditions, calm } from './conditions.ts';
import type { WebhookEndpoint } from './post-webhook.ts';

export interface ProviderSettings {
  host: string;
  port: number;
  conditions: Conditions;
  /** Null where nobody is told. */
  endpoint: WebhookEndpoint | null;
  /** Where its books are kept; null: in memory alone. */
  dataDirectory: string | null;
}

/**
 * The simulator's settings: PROVIDER_PORT (required), PROVIDER_HOST (127.0.0.1), PROVIDER_LATENCY_MS (50),
 * PROVIDER_SEED (1), PROVIDER_WEBHOOK_URL and PROVIDER_WEBHOOK_SECRET (both, or no webhooks), PROVIDER_DATA_DIR
 * (none). Returns every problem at once, a line each.
 */
export function readProviderSettings(
  env: Readonly<Record<string, string | undefined>>,
): { kind: 'settings'; settings: ProviderSettings } | { kind: 'invalid'; problems: string[] } {
  const problems: string[] = [];
  const integer = (name: string, fallback: number | null, maximum: number): number => {
    const text = env[name];
    if (text === undefined || text === '') {
      if (fallback === null) problems.push(`${name}: is required`);
      return fallback ?? 0;
    }
    if (!/^\d+$/.test(text) || Number(text) > maximum) {
      problems.push(`${name}: "${text}" is no integer from 0 to ${maximum}`);
    }
    return Number(text);
  };
  const { PROVIDER_WEBHOOK_URL: url, PROVIDER_WEBHOOK_SECRET: secret } = env;
  if (url && !/^http:\/\//.test(url)) problems.push('PROVIDER_WEBHOOK_URL: takes an http:// address');
  if (Boolean(url) !== Boolean(secret)) {
    problems.push('PROVIDER_WEBHOOK_URL and PROVIDER_WEBHOOK_SECRET: come together');
  }
  const settings: ProviderSettings = {
    host: env.PROVIDER_HOST || '127.0.0.1',
    port: integer('PROVIDER_PORT', null, 65_535),
    conditions: {
      ...calm,
      latencyMs: integer('PROVIDER_LATENCY_MS', 50, 600_000),
      webhookDelayMs: 50,
      seed: integer('PROVIDER_SEED', 1, 4_294_967_295),
    },
    endpoint: url && secret ? { url, secret } : null,
    dataDirectory: env.PROVIDER_DATA_DIR || null,
  };
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'settings', settings };
}
