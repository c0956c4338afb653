import type { Conditions } from './conditions.ts';

export interface ProviderSettings {
  host: string;
  port: number;
  conditions: Conditions;
}

/**
 * The simulator's settings: PROVIDER_PORT (required), PROVIDER_HOST (127.0.0.1), PROVIDER_LATENCY_MS (50),
 * PROVIDER_SEED (1). Returns every problem at once, a line each.
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
  const settings: ProviderSettings = {
    host: env.PROVIDER_HOST || '127.0.0.1',
    port: integer('PROVIDER_PORT', null, 65_535),
    conditions: {
      latencyMs: integer('PROVIDER_LATENCY_MS', 50, 600_000),
      errorShare: 0,
      outage: false,
      seed: integer('PROVIDER_SEED', 1, 4_294_967_295),
    },
  };
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'settings', settings };
}
