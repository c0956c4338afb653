import { setTimeout as sleep } from 'node:timers/promises';
import { DrillFailure } from './scene.ts';

/** Asks again until it is true. Throws after `withinMs`, naming what was waited for. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  withinMs: number,
  forWhat: string,
  everyMs = 20,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new DrillFailure(`waited ${withinMs / 1000} s for ${forWhat}`);
    await sleep(everyMs);
  }
}

/** Asks again while whoever is asked does not answer, as long as `withinMs` allows. */
export async function persistently<T>(ask: () => Promise<T>, withinMs: number): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await sleep(250);
    }
  }
}
