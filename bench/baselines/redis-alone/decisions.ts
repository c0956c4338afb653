import type { Decision, ReserveRequest } from '../../../engine/reservation/reserve.ts';

export interface Decisions {
  saleId: string;
  saleNumber: number;
  sku: string;
  /** Requests under way at any time: what a batch can grow to. */
  underWay: number;
  seconds: number;
}

export interface Decided {
  requests: number;
  perSecond: number;
  /** The first answer that was no hold, as JSON, or null. */
  wrong: string | null;
  /** Share of one core that this process used. */
  generatorShare: number;
}

/** So many buyers at a time reserve one unit each, nobody twice, until the time is up or an answer is wrong. */
export async function decideMany(
  decide: (request: ReserveRequest) => Promise<Decision>,
  { saleId, saleNumber, sku, underWay, seconds }: Decisions,
): Promise<Decided> {
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  let begun = 0;
  let wrong: string | null = null;
  const decideOn = async () => {
    while (performance.now() < endMs && wrong === null) {
      const buyerId = `pipelined-${begun++}`;
      const items = [{ sku, quantity: 1 }];
      const decision = await decide({ saleId, saleNumber, epoch: 1, buyerId, turn: null, items });
      if (decision.kind !== 'held') wrong ??= JSON.stringify(decision);
    }
  };
  await Promise.all(Array.from({ length: underWay }, decideOn));
  const passedSeconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const generatorShare = (user + system) / 1_000_000 / passedSeconds;
  return { requests: begun, perSecond: begun / passedSeconds, wrong, generatorShare };
}
