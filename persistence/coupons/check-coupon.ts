import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { isCurrency } from '../../engine/contracts/money.ts';
import type { CreateCoupon } from '../../engine/contracts/wire/coupons.ts';
import { parseMoment } from '../sales/moment.ts';

const invalid = (field: string, detail: string): Refusal => refuse('invalid_request', { field, detail });

/** What a schema cannot say about a new coupon: its validity, and what it takes off, or the member that is wrong. */
export function checkCoupon(
  coupon: CreateCoupon,
): { validFromMs: number | null; validUntilMs: number | null } | Refusal {
  return checkAmounts(coupon) ?? checkValidity(coupon);
}

function checkAmounts({ percentOff, amountOff, minimumSubtotal }: CreateCoupon): Refusal | null {
  if (percentOff === undefined && amountOff === undefined) {
    return invalid('percentOff', 'A coupon takes a percentage or an amount off.');
  }
  if (percentOff !== undefined && amountOff !== undefined) {
    return invalid('amountOff', 'A coupon takes a percentage or an amount off, not both.');
  }
  if (amountOff?.amount === 0) return invalid('amountOff.amount', 'A coupon takes something off.');
  for (const [field, money] of Object.entries({ amountOff, minimumSubtotal })) {
    if (money && !isCurrency(money.currency)) {
      return invalid(`${field}.currency`, 'This is no currency of ISO 4217.');
    }
  }
  if (amountOff && minimumSubtotal && amountOff.currency !== minimumSubtotal.currency) {
    return invalid('minimumSubtotal.currency', 'A coupon has one currency.');
  }
  return null;
}

function checkValidity({ validFrom, validUntil }: CreateCoupon) {
  const validFromMs = validFrom === undefined ? null : parseMoment(validFrom);
  const validUntilMs = validUntil === undefined ? null : parseMoment(validUntil);
  if (validFrom !== undefined && validFromMs === null) return invalid('validFrom', 'There is no such day.');
  if (validUntil !== undefined && validUntilMs === null)
    return invalid('validUntil', 'There is no such day.');
  if (validFromMs !== null && validUntilMs !== null && validFromMs >= validUntilMs) {
    return invalid('validUntil', 'A coupon ends after it begins.');
  }
  return { validFromMs, validUntilMs };
}
