import type { Theme } from '../cast/setup.ts';

/** How often each kind of decision is drawn, beside the others. */
export interface Weights {
  visit: number;
  tick: number;
  hear: number;
  job: number;
  pass: number;
  operate: number;
  crash: number;
  bank: number;
  redis: number;
  provider: number;
  /** Of the visits: what is done about a unit, about its payment, and about its order. */
  reserve: number;
  pay: number;
  order: number;
  /** Of the steps: not answered, not even taken. */
  lost: number;
  refused: number;
}

const usual: Weights = {
  ...{ visit: 26, tick: 5, hear: 2, job: 18, pass: 9, operate: 2 },
  ...{ crash: 2, bank: 1, redis: 0.8, provider: 1 },
  ...{ reserve: 1, pay: 1, order: 0.4 },
  ...{ lost: 0.04, refused: 0.02 },
};

export const weightsOf: Readonly<Record<Theme, Weights>> = {
  rush: { ...usual, visit: 34 },
  payments: { ...usual, job: 30, bank: 4, provider: 4, pay: 2, lost: 0.08 },
  afterwards: { ...usual, job: 30, pass: 16, operate: 12, redis: 0.4, order: 6, lost: 0.08 },
  losses: { ...usual, pass: 16, redis: 6, crash: 4 },
};
