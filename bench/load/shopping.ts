import type { Reserved } from '../../engine/contracts/wire/reservations.ts';
import type { Refused, ReserveAnswer } from './line.ts';
import type { Outcome } from './outcomes.ts';
import { pause } from './pause.ts';
import { payFor } from './paying.ts';
import type { LostHold } from './tally.ts';
import { endedBy, patiently, type Visit } from './visit.ts';

/**
 * A buyer's whole visit: join, wait to be called, hold a unit, pay it. Gives up on nothing while there is
 * hope: stands by as long as it takes, and again when a hold lapses or is lost.
 * Throws `Unexpected` where the sale breaks the protocol.
 */
export async function shop(visit: Visit): Promise<Outcome> {
  const { buyerId, behaviour, line, tally } = visit;
  await line.open();
  visit.stage = 'joining';
  const joinedAtMs = performance.now();
  const joined = await patiently(visit, () => line.join());
  if (joined.kind === 'refused') return endedBy(joined, 'join');
  tally.latency.record('join', performance.now() - joinedAtMs);
  tally.joined++;

  visit.stage = 'waiting for its turn';
  if ((await line.waitForTurn()) === 'over') return 'soldOut';
  if (behaviour.plan === 'no_show') return 'noShow';

  for (let isFirstHold = true; ; isFirstHold = false) {
    const held = await hold(visit, isFirstHold && behaviour.doubleClicksReserve);
    if (held === 'over') return 'soldOut';
    if (held.kind === 'refused') return endedBy(held, 'reserve');
    tally.sawReserved();
    if (behaviour.plan === 'walk_away') return 'walkedAway';
    const paid = await considerAndPay(visit, held.reserved, isFirstHold);
    if (paid.kind === 'confirmed') {
      tally.sawConfirmed({ buyerId, orderId: paid.orderId });
      return 'confirmed';
    }
    if (paid.code === 'reservation_expired') tally.incident('lapsedHolds');
    // A Redis that lost its memory has lost what nobody had journaled yet; the verdict says whether it may have.
    else if (paid.code === 'checkout_not_found') tally.sawLost(lost(visit, held.reserved, 'nobody knew it'));
    else return endedBy(paid, 'pay');
  }
}

async function considerAndPay(visit: Visit, reserved: Reserved, isFirstHold: boolean) {
  const { behaviour, tally } = visit;
  tally.holding++;
  visit.stage = 'thinking';
  await pause(behaviour.thinkMs);
  tally.holding--;
  tally.paying++;
  try {
    return await payFor(visit, reserved, isFirstHold);
  } finally {
    tally.paying--;
  }
}

/** Until a unit is held, however long that means standing by. */
async function hold(
  visit: Visit,
  doubleClick: boolean,
): Promise<{ kind: 'reserved'; reserved: Reserved } | Refused | 'over'> {
  const { line, tally } = visit;
  visit.stage = 'reserving';
  let answer = doubleClick ? await reserveTwice(visit) : await reserve(visit);
  if (answer.kind === 'standby') tally.incident('stoodBy');
  while (answer.kind === 'standby') {
    visit.stage = 'standing by';
    if ((await line.waitForUnit()) === 'over') return 'over';
    visit.stage = 'reserving';
    answer = await reserve(visit);
  }
  return answer;
}

const reserve = (visit: Visit): Promise<ReserveAnswer> =>
  patiently(visit, async () => {
    const sentAtMs = performance.now();
    const answer = await visit.line.reserve();
    if (answer.kind !== 'refused') visit.tally.latency.record('reserve', performance.now() - sentAtMs);
    return answer;
  });

/** A double click is one reservation: both answers name the same, and the better one counts. */
async function reserveTwice(visit: Visit): Promise<ReserveAnswer> {
  const { tally, holdMs } = visit;
  const [one, other] = await Promise.all([reserve(visit), reserve(visit)]);
  tally.incident('doubleClicks');
  if (one.kind === 'reserved' && other.kind === 'reserved') {
    const [first, second] = expiresAtMs(one) < expiresAtMs(other) ? [one, other] : [other, one];
    if (first.reserved.reservation.id === second.reserved.reservation.id) return second;
    // A click whose answer is lost is asked again, and by then the other one's hold may have had its time. Else Redis
    // lost it, which nobody had journaled; the verdict says whether it may have.
    if (expiresAtMs(second) - expiresAtMs(first) >= holdMs) tally.incident('lapsedHolds');
    else tally.sawLost(lost(visit, first.reserved, 'another was given'));
    return second;
  }
  return [one, other].find((answer) => answer.kind === 'reserved') ?? one;
}

const expiresAtMs = ({ reserved }: { reserved: Reserved }) => Date.parse(reserved.reservation.expiresAt);

const lost = ({ buyerId }: Visit, { reservation }: Reserved, how: LostHold['how']) => ({
  ...{ buyerId, reservationId: reservation.id, expiresAt: reservation.expiresAt, how },
});
