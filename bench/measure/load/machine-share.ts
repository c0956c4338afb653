import { cpus } from 'node:os';

/** Looks at all cores now; the function that it returns tells which share of them was busy since then. */
export function watchMachine(): () => number {
  const before = coreTimes();
  return () => busyShareBetween(before, coreTimes());
}

export interface CoreTimes {
  busy: number;
  idle: number;
}

function coreTimes(): CoreTimes {
  let busy = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    busy += times.user + times.nice + times.sys + times.irq;
    idle += times.idle;
  }
  return { busy, idle };
}

/** NaN where no time has passed. */
export function busyShareBetween(before: CoreTimes, after: CoreTimes): number {
  const busy = after.busy - before.busy;
  return busy / (busy + after.idle - before.idle);
}
