import type { PaymentProvider } from '../../engine/contracts/ports.ts';
import { guarded } from './guarded.ts';
import { thinProvider } from './thin.ts';

export interface ProviderOptions {
  timeoutMs: number;
  atOnceMax: number;
  halfOpenAfterMs: number;
}

const defaults: ProviderOptions = { timeoutMs: 5_000, atOnceMax: 256, halfOpenAfterMs: 1_000 };

/** The payment provider at that URL, with its time-out, bulkhead and breaker. */
export function createPaymentProvider(url: string, options: Partial<ProviderOptions> = {}): PaymentProvider {
  const settings = { ...defaults, ...options };
  return guarded(thinProvider({ ...settings, name: 'primary', url }), settings);
}
