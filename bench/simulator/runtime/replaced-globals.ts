import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import type { TimerOptions } from 'node:timers';
import timersPromises from 'node:timers/promises';
import { SetTimer } from './clock.ts';
import { runningTask } from './tasks.ts';

let areReplaced = false;

/**
 * Replaces what the runtime knows of time and chance: within a task they are the simulation's, everywhere else
 * in this process they stay what they were. The code under simulation therefore is, byte for byte, what runs in
 * production: no clock is threaded through it for the simulator's sake, and whatever it will ask the time for
 * tomorrow is set as well.
 */
export function replaceGlobals(): void {
  if (areReplaced) return;
  areReplaced = true;
  replaceTime();
  replaceTimers();
  replaceChance();
}

function replaceTime(): void {
  const RealDate = Date;
  const dateNow = Date.now;
  const performanceNow = performance.now.bind(performance);
  Date.now = () => runningTask()?.process.clock.nowMs ?? dateNow();
  performance.now = () => {
    const clock = runningTask()?.process.clock;
    return clock ? clock.nowMs - clock.startMs : performanceNow();
  };
  globalThis.Date = new Proxy(RealDate, {
    construct(target, args, newTarget) {
      const given = args.length === 0 && runningTask() ? [Date.now()] : args;
      return Reflect.construct(target, given, newTarget === globalThis.Date ? target : newTarget);
    },
  });
}

function replaceTimers(): void {
  const { setTimeout: setReal, clearTimeout: clearReal } = globalThis;
  const setPromised = timersPromises.setTimeout;
  const simulated = (ring: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const task = runningTask();
    return task ? task.process.clock.set(() => ring(...args), ms, task) : setReal(ring, ms, ...args);
  };
  globalThis.setTimeout = Object.assign(simulated, setReal) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((timer: unknown) => {
    if (timer instanceof SetTimer) timer.task.process.clock.clear(timer);
    else clearReal(timer as NodeJS.Timeout);
  }) as typeof clearTimeout;
  const promised = (ms?: number, value?: unknown, options?: TimerOptions): Promise<unknown> =>
    runningTask()
      ? new Promise((resolve) => simulated(() => resolve(value), ms))
      : setPromised(ms, value, options);
  timersPromises.setTimeout = promised as typeof timersPromises.setTimeout;
  const breathe = timersPromises.setImmediate;
  timersPromises.setImmediate = ((value?: unknown, options?: TimerOptions) => {
    const turn = breathe(value, options);
    return runningTask()?.process.steps.breathe(turn) ?? turn;
  }) as typeof timersPromises.setImmediate;
}

function replaceChance(): void {
  const random = Math.random;
  Math.random = () => runningTask()?.process.dice() ?? random();
  const { randomBytes, randomFillSync } = crypto;
  const fill = (bytes: Buffer, dice: () => number) => {
    for (let at = 0; at < bytes.length; at++) bytes[at] = dice() * 256;
    return bytes;
  };
  Object.assign(crypto, {
    randomBytes(size: number, ...rest: unknown[]) {
      const task = runningTask();
      if (task && rest.length === 0) return fill(Buffer.alloc(size), task.process.dice);
      return Reflect.apply(randomBytes, crypto, [size, ...rest]);
    },
    randomFillSync(bytes: Buffer, ...rest: unknown[]) {
      const task = runningTask();
      if (task && Buffer.isBuffer(bytes) && rest.length === 0) return fill(bytes, task.process.dice);
      return Reflect.apply(randomFillSync, crypto, [bytes, ...rest]);
    },
  });
  // Named imports of node's own modules follow.
  syncBuiltinESMExports();
}
