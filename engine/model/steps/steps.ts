import fc from 'fast-check';
import { mangle, repeat, sabotage } from './faults.ts';
import { initiate } from './initiate.ts';
import { adjustUnits, beginEpoch, operator, releaseInPause } from './operator.ts';
import { beginPayment, byBuyer, byPayment, extend, lapsedPins, renewPin, reprice } from './reservations.ts';
import { reserve } from './reserve.ts';
import { restock } from './restock.ts';
import type { Step } from './step.ts';
import { jump, pass, passLong, passToDeadline } from './time.ts';
import { join, leave, signsOfLife, tick, turnStatus } from './waiting.ts';

/** All steps with how often each is to come. */
export const steps = (): fc.Arbitrary<Iterable<Step>> =>
  fc.commands(
    [
      ...times(9, reserve),
      ...times(9, initiate),
      ...times(4, beginPayment),
      ...times(2, byPayment('reservation/confirm')),
      ...times(1, byPayment('reservation/return-to-held')),
      ...times(2, byBuyer('reservation/release', ['held'])),
      ...times(1, byBuyer('reservation/read', ['held', 'paying'])),
      ...times(2, restock),
      extend,
      reprice,
      renewPin,
      lapsedPins,
      ...times(2, turnStatus),
      signsOfLife,
      ...times(4, tick),
      ...times(2, pass),
      ...times(2, passToDeadline),
      passLong,
      jump,
      operator,
      releaseInPause,
      adjustUnits,
      beginEpoch,
      join,
      leave,
      ...times(3, repeat),
      mangle,
      ...times(2, sabotage),
    ],
    { maxCommands: 100, size: 'max' },
  );

const times = <T>(count: number, arbitrary: fc.Arbitrary<T>) =>
  Array.from({ length: count }, () => arbitrary);
