import { cpuSecondsOf } from '../process-facts.ts';
import type { RedisCli } from '../redis-cli.ts';
import { callsBetween } from '../redis-commands.ts';
import type { Generator, Load, LoadResult } from './load.ts';
import { watchMachine } from './machine-share.ts';

/** What a request cost on average. NaN where it cannot be known. */
export interface Costs {
  /** CPU of the processes that answered, in microseconds. */
  gatewayCpuUs: number;
  /** CPU of Redis, fsync included, in microseconds. */
  redisCpuUs: number;
  /** Commands that Redis ran, those of scripts included. */
  redisCommands: number;
}

export interface MeasuredLoad extends LoadResult, Costs {
  /** Share of all cores that were busy meanwhile. */
  machineShare: number;
}

/** Whose costs are counted. */
export interface Watched {
  pids: readonly number[];
  redis: RedisCli | null;
}

/** Puts the load on, and counts meanwhile what it costs those who answer. */
export async function measuredLoad(
  generate: Generator,
  load: Load,
  { pids, redis }: Watched,
): Promise<MeasuredLoad> {
  const cpu = () => pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  const store = async () => ({
    cpuSeconds: (await redis?.cpuSeconds()) ?? Number.NaN,
    calls: (await redis?.commandCalls()) ?? new Map<string, number>(),
  });
  const storeBefore = await store();
  const cpuBefore = cpu();
  const machine = watchMachine();
  const result = await generate(load);
  const machineShare = machine();
  const cpuSeconds = pids.length === 0 ? Number.NaN : cpu() - cpuBefore;
  const storeAfter = await store();
  const usEach = (seconds: number) => (seconds * 1_000_000) / result.requests;
  const commands = redis ? callsBetween(storeBefore.calls, storeAfter.calls) : Number.NaN;
  return {
    ...result,
    machineShare,
    gatewayCpuUs: usEach(cpuSeconds),
    redisCpuUs: usEach(storeAfter.cpuSeconds - storeBefore.cpuSeconds),
    redisCommands: commands / result.requests,
  };
}
