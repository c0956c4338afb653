import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { canMove, type OrderState, orderStates } from '../../engine/contracts/states.ts';
import { type House, openHouse } from '../fixtures/house.ts';

/**
 * Every state × every action × every role, over HTTP. What is allowed is read from the table of states; each
 * order comes to its state through the same routes that a buyer and an operator use.
 */
const states = Object.keys(orderStates) as OrderState[];
const roles = ['nobody', 'owner', 'another buyer', 'a seller', 'an operator'] as const;
type Role = (typeof roles)[number];

const leadsTo = (state: OrderState, to: OrderState) => canMove<OrderState>(orderStates, state, to);
/** Money is left to pay back: of a cancelled or returned order all of it is on its way, or back. */
const hasMoney = (state: OrderState) => ['confirmed', 'processing', 'shipped', 'delivered'].includes(state);

interface Bought {
  orderId: string;
  reservationId: string;
  /** Whose it is. */
  buyer: string;
  /** One that waits for a decision, where the order has one. */
  returnId: string;
}

interface Action {
  by: 'buyer' | 'operator';
  method: 'POST' | 'PUT';
  path: (order: Bought) => string;
  body: object;
  isAllowed: (state: OrderState) => boolean;
}

const noReturn = 'ret_none';
const address = { name: 'A', line1: 'B', city: 'C', postalCode: 'D', country: 'PT' };
const units = [{ sku: 'ps5', quantity: 1 }];

const actions: Record<string, Action> = {
  cancel: {
    by: 'buyer',
    method: 'POST',
    path: ({ orderId }) => `orders/${orderId}/cancel`,
    body: {},
    isAllowed: (state) => leadsTo(state, 'cancelled'),
  },
  'ask for a return': {
    by: 'buyer',
    method: 'POST',
    path: ({ orderId }) => `orders/${orderId}/returns`,
    body: { items: units, reason: 'test' },
    isAllowed: (state) => leadsTo(state, 'returned'),
  },
  'give an address': {
    by: 'buyer',
    method: 'PUT',
    path: ({ orderId }) => `orders/${orderId}/shipping-address`,
    body: address,
    isAllowed: (state) => leadsTo(state, 'processing') || leadsTo(state, 'confirmed'),
  },
  process: {
    by: 'operator',
    method: 'POST',
    path: ({ orderId }) => `orders/${orderId}/process`,
    body: {},
    isAllowed: (state) => leadsTo(state, 'processing'),
  },
  ship: {
    by: 'operator',
    method: 'POST',
    path: ({ orderId }) => `orders/${orderId}/ship`,
    body: {},
    isAllowed: (state) => leadsTo(state, 'shipped'),
  },
  deliver: {
    by: 'operator',
    method: 'POST',
    path: ({ orderId }) => `orders/${orderId}/deliver`,
    body: {},
    isAllowed: (state) => leadsTo(state, 'delivered'),
  },
  refund: {
    by: 'operator',
    method: 'POST',
    path: ({ orderId }) => `orders/${orderId}/refunds`,
    body: { amount: 1, reason: 'test' },
    isAllowed: hasMoney,
  },
  'approve a return': {
    by: 'operator',
    method: 'POST',
    path: ({ returnId }) => `returns/${returnId}/approve`,
    body: {},
    isAllowed: (state) => leadsTo(state, 'returned'),
  },
  'reject a return': {
    by: 'operator',
    method: 'POST',
    path: ({ returnId }) => `returns/${returnId}/reject`,
    body: {},
    isAllowed: (state) => leadsTo(state, 'returned'),
  },
};

let house: House;
let saleId: string;
afterEach(() => house.setProvider({ outage: false }));
beforeAll(async () => {
  house = await openHouse({ RATE_BUYER_BURST: '100000', RATE_BUYER_PER_SECOND: '100000' });
  saleId = await house.sale({ units: 1_000, perBuyerLimit: 1_000 });
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  expect(undocumented).toEqual([]);
});

const newKey = () => ({ 'idempotency-key': randomUUID() });

const asOwner = (method: string, path: string, owner: string, body?: object) =>
  house.ask(method, `/${path}`, { as: owner, headers: newKey(), ...(body ? { body } : {}) });
const asOperator = (path: string, body: object = {}) =>
  house.operate('POST', `/api/v1/admin/${path}`, { body, headers: newKey() });

/** A new order that is confirmed, or that waits for a better card. Two units, so that one can be sent back. */
async function buy(card: string): Promise<Bought> {
  const owner = `buyer ${randomUUID()}`;
  const held = await house.reserve(saleId, owner, 2);
  const { checkoutId, reservation } = held.body;
  await house.pay(checkoutId, owner, checkoutId, card, { prefer: 'wait=20' });
  const orderId = `ord_${checkoutId.slice(4)}`;
  await asOwner('PUT', `orders/${orderId}/shipping-address`, owner, address);
  return {
    orderId,
    reservationId: reservation.id,
    buyer: owner,
    returnId: noReturn,
  };
}

const statusOf = (order: Bought, wanted: OrderState) =>
  house.until(
    () => house.ask('GET', `/orders/${order.orderId}`, { as: order.buyer }),
    ({ body }) => body.status === wanted,
  );

async function sendBack(order: Bought, quantity: number): Promise<string> {
  const items = [{ sku: 'ps5', quantity }];
  const { body } = await asOwner('POST', `orders/${order.orderId}/returns`, order.buyer, {
    items,
    reason: 'test',
  });
  return body.returnId as string;
}

/** What leads an order from its predecessor to that state. */
const steps: Partial<Record<OrderState, { from: OrderState; go: (order: Bought) => Promise<unknown> }>> = {
  failed: {
    from: 'pending',
    go: (order) => asOwner('DELETE', `reservations/${order.reservationId}`, order.buyer),
  },
  cancelled: {
    from: 'confirmed',
    go: (order) => asOwner('POST', `orders/${order.orderId}/cancel`, order.buyer, {}),
  },
  processing: {
    from: 'confirmed',
    go: ({ orderId }) => asOperator(`orders/${orderId}/process`),
  },
  shipped: { from: 'processing', go: ({ orderId }) => asOperator(`orders/${orderId}/ship`) },
  delivered: { from: 'shipped', go: ({ orderId }) => asOperator(`orders/${orderId}/deliver`) },
  returned: {
    from: 'delivered',
    // While the provider is away an order stays returned.
    async go(order) {
      await house.setProvider({ outage: true });
      await takeBack(order);
    },
  },
  refunded: {
    from: 'delivered',
    go: takeBack,
  },
};

/** Approves the return of the whole order. */
async function takeBack(order: Bought): Promise<void> {
  order.returnId = await sendBack(order, 2);
  await asOperator(`returns/${order.returnId}/approve`);
}

async function orderIn(state: OrderState, waitsForDecision: boolean): Promise<Bought> {
  const step = steps[state];
  if (!step) return buy(state === 'pending' ? 'tok_declined' : 'tok_visa');
  const order = await orderIn(step.from, false);
  await step.go(order);
  await statusOf(order, state);
  if (waitsForDecision && leadsTo(state, 'returned')) order.returnId = await sendBack(order, 1);
  return order;
}

function askAs(role: Role, { by, method, path, body }: Action, order: Bought) {
  const login = {
    nobody: {},
    owner: { as: order.buyer, role: 'buyer' },
    'another buyer': { as: 'somebody else', role: 'buyer' },
    'a seller': { as: 'the seller', role: 'seller' },
    'an operator': { as: 'the operator', role: 'admin' },
  }[role];
  const authorization = role === 'nobody' ? { authorization: '' } : {};
  const options = { headers: { ...newKey(), ...authorization }, body, ...login };
  return by === 'buyer'
    ? house.ask(method, `/${path(order)}`, options)
    : house.operate(method, `/api/v1/admin/${path(order)}`, options);
}

/** What a role gets to hear that may not do this, whatever the state is; null where the state decides. */
function deniedStatus(role: Role, { by }: Action): number | null {
  if (role === 'nobody') return 401;
  if (by === 'buyer') return role === 'owner' ? null : 404;
  return role === 'an operator' ? null : 403;
}

describe.each(states)('an order that is %s', (state) => {
  test.each(Object.keys(actions))('%s', async (name) => {
    const action = actions[name] as Action;
    const needsReturn = name.endsWith('a return') && action.by === 'operator';
    const order = await orderIn(state, needsReturn);
    const before = (await statusOf(order, state)).body;
    for (const role of roles) {
      const expected = deniedStatus(role, action);
      if (expected === null) continue;
      expect([role, (await askAs(role, action, order)).status]).toEqual([role, expected]);
      expect((await statusOf(order, state)).body.history).toEqual(before.history);
    }
    const allowed: Role = action.by === 'buyer' ? 'owner' : 'an operator';
    const answer = await askAs(allowed, action, order);
    if (action.isAllowed(state)) {
      expect([answer.status, answer.body.code]).toEqual([
        expect.toSatisfy((s: number) => s < 300),
        undefined,
      ]);
    } else if (needsReturn && order.returnId === noReturn) {
      expect([answer.status, answer.body.code]).toEqual([404, 'return_not_found']);
    } else {
      expect([answer.status, answer.body.code]).toEqual([409, 'invalid_transition']);
      expect((await statusOf(order, state)).body.history).toEqual(before.history);
    }
  });
});
