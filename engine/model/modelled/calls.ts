import * as admission from './admission.ts';
import { initiate } from './initiate.ts';
import { leave } from './leave.ts';
import * as operator from './operator.ts';
import type { ModelledReply } from './reply.ts';
import * as reservations from './reservations.ts';
import { reserve } from './reserve.ts';
import { restock } from './restock.ts';
import type { ModelledSale } from './sale.ts';
import { handOver } from './standby.ts';

/** One call of a script: its arguments after the request id. Recorded, so that it can be made again. */
export interface Call {
  script: ScriptName;
  args: string[];
}

export type ScriptName =
  | 'reservation/reserve'
  | 'reservation/initiate'
  | 'reservation/begin-payment'
  | 'reservation/confirm'
  | 'reservation/extend'
  | 'reservation/return-to-held'
  | 'reservation/release'
  | 'reservation/restock'
  | 'reservation/read'
  | 'reservation/reprice'
  | 'reservation/renew-pin'
  | 'reservation/lapsed-pins'
  | 'waiting-room/leave'
  | 'waiting-room/turn-status'
  | 'waiting-room/signs-of-life'
  | 'admission/tick'
  | 'sale/adjust-units'
  | 'sale/command'
  | 'sale/begin-epoch';

/** What a call is to answer: a reply after the echo, or an error that changed nothing. */
export type Expected = ModelledReply | 'error';

const isWhole = (text: string | undefined) => text !== undefined && /^\d{1,15}$/.test(text);

function elements(args: string[], size: number): string[][] | null {
  if (args.length % size !== 0) return null;
  return Array.from({ length: args.length / size }, (_, i) => args.slice(i * size, (i + 1) * size));
}

/** Plays a call in the model. A tick stops before turns are called. */
export function predict(sale: ModelledSale, { script, args }: Call): Expected {
  sale.events = [];
  const [first = '', second = ''] = args;
  /** A list of elements after `head` arguments; `decide` is called with each. */
  const batch = (
    head: number,
    size: number,
    decide: (element: string[]) => ModelledReply | number,
    after: () => void = () => {},
  ): Expected => {
    const list = elements(args.slice(head), size);
    if (!list || args.length < head || !args.slice(0, head).every(isWhole)) return 'error';
    sale.enter();
    if (head > 0 && Number(first) !== sale.epoch) return [-2, `${sale.epoch}`];
    const reply: ModelledReply = [1, ...list.map(decide)];
    after();
    return reply;
  };
  switch (script) {
    case 'reservation/reserve':
      return batch(1, 4, (element) => reserve(sale, element));
    case 'reservation/initiate':
      return batch(1, 5, (element) => initiate(sale, element));
    case 'reservation/begin-payment':
      return batch(
        2,
        3,
        (element) => reservations.beginPayment(sale, Number(second), element),
        () => handOver(sale),
      );
    case 'reservation/confirm':
      return batch(
        0,
        2,
        ([id = '', paymentId = '']) => reservations.confirm(sale, id, paymentId),
        () => operator.closeWhenSoldOut(sale),
      );
    case 'reservation/return-to-held':
      return batch(
        0,
        2,
        ([id = '', paymentId = '']) => reservations.returnToHeld(sale, id, paymentId),
        () => handOver(sale),
      );
    case 'reservation/extend':
      return batch(
        0,
        3,
        ([id = '', buyerId = '', requestId = '']) => reservations.extend(sale, id, buyerId, requestId),
        () => handOver(sale),
      );
    case 'reservation/release':
      return batch(
        0,
        2,
        ([id = '', buyerId = '']) => reservations.release(sale, id, buyerId),
        () => handOver(sale),
      );
    case 'reservation/restock':
      return batch(
        0,
        3,
        ([id = '', returnId = '', items = '']) => restock(sale, id, returnId, items),
        () => handOver(sale),
      );
    case 'reservation/read':
      return batch(0, 2, ([id = '', buyerId = '']) => reservations.read(sale, id, buyerId));
    case 'reservation/reprice':
      return batch(
        0,
        3,
        ([id = '', buyerId = '', quoteId = '']) => reservations.reprice(sale, id, buyerId, quoteId),
        () => handOver(sale),
      );
    case 'reservation/renew-pin': {
      if (args.length !== 3 || !isWhole(first)) return 'error';
      sale.enter();
      const reservation = sale.reservations.get(second);
      if (reservation?.state !== 'paying' || reservation.attemptId !== args[2]) return [0];
      sale.leases.set(second, sale.nowMs + Number(first));
      return [1];
    }
    case 'reservation/lapsed-pins': {
      if (args.length !== 1 || !isWhole(first)) return 'error';
      sale.enter();
      const lapsed = [...sale.leases]
        .filter(([, untilMs]) => untilMs <= sale.nowMs)
        .sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1));
      return [
        1,
        ...lapsed.slice(0, Number(first)).map(([id, untilMs]) => {
          const { attemptId = '', buyerId = '' } = sale.reservations.get(id) ?? {};
          return [id, attemptId, buyerId, `${untilMs}`];
        }),
      ];
    }
    case 'waiting-room/leave': {
      const buyerIds = (elements(args.slice(3), 3) ?? []).map(([buyerId = '']) => buyerId);
      sale.enter();
      return leave(sale, buyerIds);
    }
    case 'waiting-room/turn-status': {
      sale.enter();
      const list = elements(args, 2) ?? [];
      return [
        1,
        sale.serving,
        ...list.map(([buyerId = '', turn]) => admission.turnStatus(sale, buyerId, Number(turn))),
      ];
    }
    case 'waiting-room/signs-of-life': {
      sale.enter();
      const standing = args.flatMap((buyerId) => sale.standby.get(buyerId) ?? []);
      for (const one of standing) one.aliveAtMs = sale.claimClockMs();
      return [standing.length];
    }
    case 'admission/tick':
      sale.enter();
      admission.tick(sale, Number(first));
      return [];
    case 'sale/adjust-units':
      sale.enter();
      return operator.adjustUnits(sale, first, Number(second));
    case 'sale/command':
      sale.enter();
      return operator.command(sale, first as operator.OperatorCommand);
    case 'sale/begin-epoch':
      return operator.beginEpoch(sale, Number(first), args[3] !== 'another life');
  }
}
