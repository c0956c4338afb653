import type { Reserved } from '../../engine/contracts/wire/reservations.ts';
import { type PayAnswer, type Payment, type Refused, Unexpected } from './line.ts';
import { pause } from './pause.ts';
import { patiently, type Visit } from './visit.ts';

/** How a buyer answers their bank, and how long that takes. */
const atBankMs = 200;
const consents = '/complete';

type Outcome = { kind: 'confirmed'; orderId: string } | { kind: 'declined' } | Refused;

/** A good card that comes to nothing this often is a bug, not bad luck. */
const paymentsMax = 6;

/**
 * Pays what is held: the buyer's first card, and after a decline a good one, on the same checkout with a
 * new key; with a new key, too, where an attempt was given up because whoever had taken it died. `isFirstHold`
 * is false where an earlier hold of this buyer lapsed.
 */
export async function payFor(
  visit: Visit,
  reserved: Reserved,
  isFirstHold: boolean,
): Promise<{ kind: 'confirmed'; orderId: string } | Refused> {
  const { behaviour, tally } = visit;
  const { checkoutId, purchaseToken } = reserved;
  for (let payment = 1; payment <= paymentsMax; payment++) {
    const isFirst = payment === 1 && isFirstHold;
    const outcome = await payWith(
      visit,
      {
        checkoutId,
        purchaseToken,
        paymentToken: isFirst ? behaviour.firstCard : 'tok_visa',
        idempotencyKey: `${checkoutId}-${payment}`,
      },
      isFirst && behaviour.doubleClicksPay,
    );
    if (outcome.kind === 'declined') tally.incident('declinedCards');
    else if (outcome.kind === 'refused' && outcome.code === 'payment_abandoned')
      tally.incident('abandonedPayments');
    else return outcome;
  }
  throw new Unexpected(`${paymentsMax} payments, most with a good card, came to nothing`);
}

/** One card, until its outcome is known. A double click sends everything twice under the same key. */
async function payWith(visit: Visit, payment: Payment, doubleClick: boolean): Promise<Outcome> {
  const { line, tally } = visit;
  visit.stage = 'paying';
  const clickedAtMs = performance.now();
  const sinceClickMs = () => performance.now() - clickedAtMs;
  const pay = () => patiently(visit, () => line.pay(payment));
  const click = async () => {
    const answer = await pay();
    if (answer.kind === 'pending') tally.latency.record('pay', sinceClickMs());
    return answer;
  };
  const [one, other] = await Promise.all(doubleClick ? [click(), pay()] : [click()]);
  if (doubleClick) tally.incident('doubleClicks');
  let answer = other ? agreedPayment(one as PayAnswer, other) : (one as PayAnswer);
  while (answer.kind === 'pending' || answer.kind === 'asked_by_bank') {
    if (answer.kind === 'asked_by_bank') await consent(visit, answer.url);
    visit.stage = 'waiting for the outcome';
    const outcome = await line.waitForOutcome(answer.orderId);
    if (outcome) {
      answer = outcome;
    } else {
      tally.incident('askedAgain');
      answer = await pay();
    }
  }
  if (answer.kind === 'refused' && answer.code === 'already_paid' && answer.orderId) {
    answer = { kind: 'confirmed', orderId: answer.orderId };
  }
  if (answer.kind === 'confirmed') tally.latency.record('confirm', sinceClickMs());
  return answer;
}

/** Goes to the bank's page and says yes. Said already is no trouble; that nobody answers is asked again later. */
async function consent({ tally }: Visit, url: string): Promise<void> {
  await pause(atBankMs);
  const said = await fetch(`${url}${consents}`, { method: 'POST' }).catch(() => null);
  if (said?.ok) tally.incident('askedByBank');
  await said?.arrayBuffer();
}

/** Two clicks with one key are one payment of one order; the answer that knows more counts. */
function agreedPayment(one: PayAnswer, other: PayAnswer): PayAnswer {
  const orderIds = new Set(
    [one, other].flatMap((answer) => ('orderId' in answer ? (answer.orderId ?? []) : [])),
  );
  const kinds = new Set([one.kind, other.kind]);
  if (orderIds.size > 1 || (kinds.has('confirmed') && kinds.has('declined'))) {
    throw new Unexpected(`a double click on pay was answered ${JSON.stringify([one, other])}`);
  }
  return one.kind === 'pending' || (one.kind === 'asked_by_bank' && other.kind !== 'pending') ? other : one;
}
