import type { Settings } from '../../engine/contracts/settings.ts';
import type { WatchedProvider } from './choice.ts';
import { guarded } from './guarded.ts';
import type { AdapterOptions } from './options.ts';
import { stripeProvider } from './stripe.ts';
import { thinProvider } from './thin.ts';

export interface ProviderOptions extends Omit<AdapterOptions, 'name' | 'url'> {
  kind: 'thin' | 'stripe';
  /** How long an open breaker asks nobody. */
  halfOpenAfterMs: number;
}

const defaults: ProviderOptions = {
  kind: 'thin',
  captureMethod: 'automatic',
  timeoutMs: 5_000,
  atOnceMax: 256,
  listLagMs: 0,
  halfOpenAfterMs: 1_000,
};

/**
 * Stripe's search shows a payment within a minute, and during outages up to an hour late:
 * https://docs.stripe.com/search#data-freshness. It is asked where Stripe failed, which is when there is an outage, so
 * the hour counts. The unit waits with the payment, which costs less than money that was taken and refused; and a
 * person is called long before, and can look.
 */
const stripeListLagMs = 3_600_000;

/** The providers that the settings name, in the order in which they are asked. Throws where there is none. */
export function providersOf(settings: Settings): WatchedProvider[] {
  const shared = {
    captureMethod: settings.PROVIDER_CAPTURE,
    returnUrl: settings.PROVIDER_RETURN_URL,
    timeoutMs: settings.PROVIDER_TIMEOUT_MS,
  };
  return (['PROVIDER', 'SECOND_PROVIDER'] as const).flatMap((prefix) => {
    const url = settings[`${prefix}_URL`];
    const kind = settings[`${prefix}_KIND`];
    const options = { ...shared, kind, apiKey: settings[`${prefix}_API_KEY`] };
    return url ? [createPaymentProvider(settings[`${prefix}_NAME`], url, options)] : [];
  });
}

/** The payment provider of that name at that URL, with its time-out, bulkhead and breaker. */
export function createPaymentProvider(
  name: string,
  url: string,
  options: Partial<ProviderOptions> = {},
): WatchedProvider {
  const isStripe = new URL(url).hostname.endsWith('stripe.com');
  const settings = {
    ...defaults,
    ...(isStripe ? { listLagMs: stripeListLagMs } : {}),
    ...options,
    name,
    url,
  };
  return guarded(settings.kind === 'stripe' ? stripeProvider(settings) : thinProvider(settings), settings);
}
