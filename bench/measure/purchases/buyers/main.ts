import { answerParent } from '../../part.ts';
import { type Payments, payAll, type Reservations, reserveAll } from './payments.ts';
import { type Purchases, purchase } from './purchases.ts';

/** Composition root of buyers who pay: a process of its own, so that what they cost can be told apart. */
answerParent((request: Purchases | Reservations | Payments) => {
  switch (request.kind) {
    case 'purchases':
      return purchase(request);
    case 'reservations':
      return reserveAll(request);
    case 'payments':
      return payAll(request);
  }
});
