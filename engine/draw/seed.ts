import { createHash, randomBytes } from 'node:crypto';
import { beaconValuePattern } from '../contracts/wire/sales.ts';

export const seedBytes = 32;

const beaconValue = new RegExp(beaconValuePattern);

/** The secret of a sale's draw, made at its creation: 32 bytes of the system's randomness. */
export const newSeed = (): Buffer => randomBytes(seedBytes);

/** What is published before the first entrant: lower-case hex SHA-256 of the seed's raw bytes. */
export function seedCommitment(seed: Uint8Array): string {
  return createHash('sha256').update(checkedSeed(seed)).digest('hex');
}

/**
 * The 32 bytes that decide the order (docs/draw.md, "The draw's seed"): SHA-256 of the seed followed by
 * the characters of the beacon's published value, or the seed itself where the sale has no beacon.
 * Throws RangeError for a seed of another length, and for a value that `beaconValuePattern` does not match.
 */
export function drawSeed(seed: Uint8Array, beacon: string | null): Buffer {
  checkedSeed(seed);
  if (beacon === null) return Buffer.from(seed);
  if (!beaconValue.test(beacon)) {
    throw new RangeError("a beacon's value is 1 to 1024 printable ASCII characters without blanks");
  }
  return createHash('sha256').update(seed).update(beacon, 'utf8').digest();
}

function checkedSeed(seed: Uint8Array): Uint8Array {
  if (seed.length !== seedBytes) throw new RangeError(`a seed has 32 bytes, not ${seed.length}`);
  return seed;
}
