import { orderIdOf, type ReservationId } from '../../../engine/contracts/ids.ts';
import type { ObservedSale } from '../../../engine/model/observed/observed-sale.ts';
import type { SimulatedProvider } from '../cast/provider.ts';
import type { Facts } from './facts.ts';
import { Violation } from './violation.ts';

/** What Redis says is sold was confirmed in Postgres before. */
export function checkSoldIsCommitted(observed: ObservedSale, facts: Facts): void {
  const confirmed = new Set(facts.orders.filter((order) => order.wasConfirmed).map(({ id }) => id));
  for (const [id, { state }] of Object.entries(observed.reservations)) {
    if (state === 'confirmed' && !confirmed.has(orderIdOf(id as ReservationId))) {
      throw new Violation(
        'committed before it is said',
        `${id} is sold in Redis, and its order is not confirmed`,
      );
    }
  }
}

/** What Postgres believes about money is what the providers did, and no order was ever charged twice. */
export function checkBooks(facts: Facts, providers: readonly SimulatedProvider[]): void {
  for (const { name, charges } of providers) {
    const [twice] = charges.tally().referencesCapturedTwice;
    if (twice !== undefined) throw new Violation('an order is charged once', `${twice}, twice at ${name}`);
  }
  for (const { id, state, amount } of facts.payments) {
    const asked = providers.filter((provider) => provider.intentsOf(id).length > 0);
    if (asked.length > 1) {
      throw new Violation('a payment reaches one provider', `${id}: ${asked.map(({ name }) => name)}`);
    }
    const intents = asked.flatMap((provider) => provider.intentsOf(id));
    const taken = intents.filter(({ status }) => status === 'succeeded');
    if (taken.length > 1)
      throw new Violation('an order is charged once', `${id} has ${taken.length} captures`);
    if ((state === 'captured' || state === 'refunded') && taken[0]?.charge.amount !== amount) {
      throw new Violation(
        'captured is what was captured',
        `${id}: ${amount}, and the provider has ${taken.length}`,
      );
    }
    if (state === 'declined' && taken.length > 0) {
      throw new Violation(
        'captured is what was captured',
        `${id} is declined, and the provider took the money`,
      );
    }
  }
  for (const { id, payment, state, amount } of facts.refunds) {
    const given = providers.flatMap((provider) =>
      provider.intentsOf(payment).flatMap((intent) => provider.refunds.listByIntent(intent.id)),
    );
    const total = given.reduce((sum, refund) => sum + refund.amount, 0);
    const begun = facts.refunds.filter((refund) => refund.payment === payment && refund.state !== 'failed');
    if (total > begun.reduce((sum, refund) => sum + refund.amount, 0)) {
      throw new Violation('a refund is paid once', `${payment}: ${total} went back`);
    }
    if (state === 'refunded' && total < amount) {
      throw new Violation(
        'refunded is what was refunded',
        `${id}: ${amount}, and the provider gave ${total}`,
      );
    }
  }
}
