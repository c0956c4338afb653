import type { Money } from '../../engine/contracts/money.ts';
import type { ChargeOutcome, RefundOutcome } from '../../engine/contracts/ports.ts';

/**
 * Where Stripe does not count in the minor units of ISO 4217: https://docs.stripe.com/currencies. That page lists UGX
 * among those without decimals, too; the special case that it makes of it holds. A provider that speaks as our
 * simulator does is asked in minor units.
 */
const asHundredths: ReadonlySet<string> = new Set(['ISK', 'UGX']);
const asWholeUnits: ReadonlySet<string> = new Set(['MGA']);
/** Counted in thousandths, of which only whole tens are taken. */
const inTens: ReadonlySet<string> = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND']);

/** An amount as Stripe counts it; null where it can take none of this size. */
export function stripeAmount({ amount, currency }: Money): number | null {
  if (asHundredths.has(currency)) return amount * 100;
  if (asWholeUnits.has(currency)) return amount % 100 === 0 ? amount / 100 : null;
  if (inTens.has(currency)) return amount % 10 === 0 ? amount : null;
  return amount;
}

const code = 'amount_not_supported';

/** What a charge of an amount comes to that Stripe cannot take: nothing is sent. */
export const amountDeclined: ChargeOutcome = { kind: 'declined', declineCode: code, providerReference: null };

/** The same for a refund. */
export const amountRefused: RefundOutcome = { kind: 'refused', code };
