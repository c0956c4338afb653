import type { Postgres } from '../postgres/pool.ts';
import { statement } from '../postgres/statement.ts';

const sealLedger = statement<{ number: number; through_id: number; transactions: number }>('seal-ledger');
const verifySeals = statement<{ number: number }>('verify-seals');

/** Transactions under one seal. */
const batchMax = 5_000;

/**
 * Seals what has been posted since the last seal, in one link of the hash chain. Returns how many
 * transactions were sealed; 0 where there was nothing, or somebody else was first.
 */
export async function sealOnce(on: Postgres): Promise<number> {
  const [seal] = await sealLedger(on, [batchMax]);
  return seal?.transactions ?? 0;
}

/** The numbers, among the newest `seals`, of those that do not hold any more: what they cover was altered. */
export async function brokenSeals(on: Postgres, seals: number): Promise<number[]> {
  return (await verifySeals(on, [seals])).map((row) => row.number);
}
