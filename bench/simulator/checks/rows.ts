import type { OrderState } from '../../../engine/contracts/states.ts';
import type { Facts, OrderFact, PaymentFact } from './facts.ts';
import { Violation } from './violation.ts';

const unsold: readonly OrderState[] = ['pending', 'failed', 'cancelled'];
/** Bought, and not given back altogether by a cancellation. */
export const isSold = ({ status }: OrderFact): boolean => !unsold.includes(status);
const isTaken = ({ state }: PaymentFact) => state === 'captured' || state === 'refunded';
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** Throws where the rows of one moment break what is promised about guard, payments, money or limits. */
export function checkRows(facts: Facts, limits: { perBuyer: number }): void {
  if (facts.guardRefusals > 0) {
    throw new Violation('the first lock holds', `the guard refused ${facts.guardRefusals} orders`);
  }
  checkGuard(facts);
  checkLimits(facts, limits);
  checkPayments(facts);
  checkMoney(facts);
}

/** Units that an order keeps from others, behind the guard. */
function committedOf(facts: Facts, order: OrderFact, sku: string): number {
  const restocks = facts.restocks.filter((one) => one.order === order.id && one.sku === sku);
  // Cancelled after it was paid: its units are owed to the sale, and on their way there.
  const wasPaid = order.status === 'cancelled' && facts.restocks.some(({ id }) => id === order.id);
  if (order.status === 'failed' || (order.status === 'cancelled' && !wasPaid)) return 0;
  const bought = sum(order.items.filter((item) => item.sku === sku).map(({ quantity }) => quantity));
  const isBack = (state: string) => state === 'to_sale' || state === 'in_sale';
  return bought - sum(restocks.filter(({ state }) => isBack(state)).map(({ quantity }) => quantity));
}

function checkGuard(facts: Facts): void {
  for (const { sku, units, committed } of facts.items) {
    if (committed < 0 || committed > units) {
      throw new Violation('committed is within units', `${committed} of ${units} ${sku}`);
    }
    const ordered = sum(facts.orders.map((order) => committedOf(facts, order, sku)));
    if (ordered !== committed) {
      throw new Violation('the guard counts orders', `${committed} ${sku} committed, ${ordered} ordered`);
    }
  }
}

/**
 * Whether money may still come for an order, or has. Where each attempt was declined, only a pin could begin another
 * one, and whether its hold has ended meanwhile is known in Redis before it is known here.
 */
function isPayable(facts: Facts, { id, status }: OrderFact): boolean {
  const attempts = facts.payments.filter(({ order }) => order === id);
  return (
    status !== 'pending' || attempts.some(({ state }) => state === 'initiated' || state === 'authorized')
  );
}

function checkLimits(facts: Facts, { perBuyer }: { perBuyer: number }): void {
  const unitsOf = new Map<string, number>();
  for (const order of facts.orders.filter((one) => isPayable(facts, one))) {
    const units = sum(facts.items.map(({ sku }) => committedOf(facts, order, sku)));
    unitsOf.set(order.buyer, (unitsOf.get(order.buyer) ?? 0) + units);
  }
  for (const [buyer, units] of unitsOf) {
    if (units > perBuyer)
      throw new Violation('a buyer has a limit', `${buyer} ordered ${units} of ${perBuyer}`);
  }
}

function checkPayments(facts: Facts): void {
  for (const order of facts.orders) {
    const taken = facts.payments.filter((payment) => payment.order === order.id && isTaken(payment));
    if (taken.length > 1) {
      throw new Violation('an order is paid once', `${order.id}: ${taken.map(({ id }) => id)}`);
    }
    if (isSold(order) && taken.length === 0) {
      throw new Violation('a confirmed order is paid', `${order.id} is ${order.status} without money`);
    }
    const [payment] = taken;
    if (payment && !isSold(order) && payment.refunding !== payment.amount) {
      const detail = `${payment.id}: ${payment.refunding} of ${payment.amount} goes back, ${order.id} is ${order.status}`;
      throw new Violation('money without an order goes back', detail);
    }
    if (payment && payment.amount !== order.total) {
      throw new Violation('an order is paid in full', `${order.id}: ${payment.amount} of ${order.total}`);
    }
  }
}

function checkMoney(facts: Facts): void {
  for (const { id, amount, refunding } of facts.payments) {
    const begun = facts.refunds.filter(({ payment, state }) => payment === id && state !== 'failed');
    const total = sum(begun.map((refund) => refund.amount));
    if (total !== refunding || total > (amount ?? 0)) {
      throw new Violation(
        'refunds are within what was paid',
        `${id}: ${total}, noted ${refunding} of ${amount}`,
      );
    }
  }
  const came = sum(facts.payments.filter(isTaken).map(({ amount }) => amount ?? 0));
  const went = sum(facts.refunds.filter(({ state }) => state === 'refunded').map(({ amount }) => amount));
  if (facts.revenue !== came - went) {
    throw new Violation('the ledger has the money', `${facts.revenue} posted, ${came} came, ${went} went`);
  }
}
