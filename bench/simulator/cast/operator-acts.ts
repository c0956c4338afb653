import type { OrderId } from '../../../engine/contracts/ids.ts';
import type { Facts } from '../checks/facts.ts';
import type { OperatorAct } from '../schedule/decision.ts';
import type { Operator } from './programs.ts';
import { saleId } from './setup.ts';

const operatorId = 'operator-1';

/** Does what the operator was to do, and answers what came of it. Null: there is no such order or return. */
export function operatorActOf(
  act: OperatorAct,
  operator: Operator,
  facts: Facts,
  key: string,
): (() => Promise<string>) | null {
  const told = (outcome: { kind: string; code?: string }) => outcome.code ?? outcome.kind;
  switch (act.does) {
    case 'open':
    case 'pause':
    case 'resume':
    case 'close':
      return async () => told(await operator.sales.command(saleId, act.does));
    case 'set units': {
      const { sku, units } = act;
      return async () => told(await operator.sales.patch(saleId, { items: [{ sku, units }] }));
    }
    case 'process':
    case 'ship':
    case 'deliver': {
      const order = facts.orders[act.order];
      if (!order) return null;
      return async () => told(await operator.orders.move(order.id as OrderId, act.does, operatorId, null));
    }
    case 'refund': {
      const order = facts.orders[act.order];
      if (!order) return null;
      const request = { reason: 'good will', ...(act.amount === null ? {} : { amount: act.amount }) };
      const requestKey = act.again ? `refund-${order.id}` : key;
      return async () =>
        told(await operator.orders.refund(order.id as OrderId, operatorId, request, requestKey));
    }
    case 'approve':
    case 'reject': {
      const asked = facts.returns[act.return];
      if (!asked) return null;
      return async () => told(await operator.orders.decideReturn(asked.id, act.does, operatorId, null));
    }
  }
}
