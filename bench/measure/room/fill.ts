import { demand } from '../failure.ts';
import { Part } from '../part.ts';
import type { Subject } from '../subject.ts';

/** Starts a process that joins; with `imports`, something stands in for a part of the engine in it. */
export const joiner = (subject: Subject, imports: string[] = []): Promise<Part> =>
  Part.start('bench/measure/room/main.ts', {
    directory: subject.directory,
    env: subject.environment,
    imports,
  });

export const batch = 100;

/** A call takes half of those who wait (engine/redis/batcher.ts): the others are answered and ask meanwhile. */
const underWay = 2 * batch;

/** So many more buyers join that sale, in batches; joins per second. */
export async function fillRoom(part: Part, saleId: string, count: number): Promise<number> {
  const perSecond = await part.ask<number>({ saleId, epoch: 1, count, underWay });
  demand(perSecond > 0, 'nobody joined');
  return perSecond;
}
