import { randomUUID } from 'node:crypto';
import { BrokenInvariant } from '../failure.ts';

export interface Joins {
  saleId: string;
  epoch: number;
  count: number;
  /** Joins under way at any time: a batch grows to half of them. */
  underWay: number;
}

/** As engine/waiting-room/place-book.ts takes them. */
export type TakePlace = (request: {
  saleId: string;
  epoch: number;
  buyerId: string;
}) => Promise<{ kind: 'place'; fresh: boolean } | { kind: 'refused'; code: string }>;

/** Indices are leased in blocks; who outruns the leases waits for the next one. */
const leasePauseMs = 20;
/** The next lease comes within a second, or not at all. */
const leasePausesMax = 1_500;

/** So many buyers, each named by a UUID, join. Resolves with joins per second. Throws on any other answer. */
export async function joinMany(take: TakePlace, { saleId, epoch, count, underWay }: Joins): Promise<number> {
  const startMs = performance.now();
  let begun = 0;
  let pausedMs = 0;
  let pause: Promise<void> | null = null;
  const pauseForLease = () => {
    pause ??= new Promise((resolve) => {
      const beganMs = performance.now();
      setTimeout(() => {
        pausedMs += performance.now() - beganMs;
        pause = null;
        resolve();
      }, leasePauseMs);
    });
    return pause;
  };
  const joinOn = async () => {
    while (begun < count) {
      begun += 1;
      const buyerId = randomUUID();
      for (let pauses = 0; ; pauses++) {
        const outcome = await take({ saleId, epoch, buyerId });
        if (outcome.kind === 'place' && outcome.fresh) break;
        if (outcome.kind !== 'refused' || outcome.code !== 'overloaded' || pauses === leasePausesMax) {
          throw new BrokenInvariant(`a join was answered ${JSON.stringify(outcome)}`);
        }
        await pauseForLease();
      }
    }
  };
  await Promise.all(Array.from({ length: underWay }, joinOn));
  // Waiting for a lease is not deciding.
  return (count * 1000) / (performance.now() - startMs - pausedMs);
}
