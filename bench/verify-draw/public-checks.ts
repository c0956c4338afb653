import { createHash } from 'node:crypto';
import { type Check, failed, judged, notChecked, ok } from './check.ts';
import type { DrawDocument } from './documents.ts';
import type { Drawn } from './drawn.ts';

/** What anybody can check of a draw: commitment, beacon, the draw's seed. */
export function publicChecks(draw: Drawn): Check[] {
  return [commitmentCheck(draw), beaconCheck(draw), drawSeedCheck(draw)];
}

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest('hex');

function commitmentCheck({ seed, seedCommitment }: Drawn): Check {
  const actual = sha256(Buffer.from(seed, 'hex'));
  return judged(
    'commitment',
    actual === seedCommitment,
    `SHA-256 of the seed is seedCommitment, ${seedCommitment}`,
    `SHA-256 of the seed is ${actual}, but seedCommitment is ${seedCommitment}`,
  );
}

function beaconCheck({ beacon, frozenAt }: Drawn): Check {
  if (!beacon) {
    return notChecked('beacon', 'there is none: the operator knew the order beforehand (see docs/draw.md)');
  }
  const { source, round, at } = beacon;
  return judged(
    'beacon',
    Date.parse(at) > Date.parse(frozenAt),
    `published at ${at}, after the freeze at ${frozenAt}; compare its value with round ${round} of ${source}`,
    `published at ${at}, which is not after the freeze at ${frozenAt}`,
  );
}

function drawSeedCheck({ seed, beacon, drawSeed }: Drawn): Check {
  const bytes = Buffer.from(seed, 'hex');
  const actual = beacon ? sha256(bytes, Buffer.from(beacon.value, 'utf8')) : seed;
  const what = beacon ? "SHA-256 of the seed and the beacon's value" : 'the seed itself, without a beacon,';
  return judged(
    'draw seed',
    actual === drawSeed,
    `${what} is drawSeed, ${drawSeed}`,
    `${what} is ${actual}, but drawSeed is ${drawSeed}`,
  );
}

/** Whether what had been fixed before the opening is still what it was in a copy that was kept. */
export function keptCopyCheck(draw: DrawDocument, earlier: DrawDocument | null): Check {
  const name = 'kept copy';
  if (!earlier) return notChecked(name, 'no --earlier given: that all was fixed beforehand is believed');
  if (earlier.seed !== null) return failed(name, 'it is from after the opening, so it shows nothing');
  if (created(draw) !== created(earlier)) {
    return failed(name, 'sale, algorithm, commitment or beacon are not those of the kept copy');
  }
  if (earlier.entrantsRoot === null) {
    return ok(name, 'commitment and beacon are the kept ones; the copy is from before the freeze');
  }
  return judged(
    name,
    frozen(draw) === frozen(earlier),
    "commitment, beacon, number of entrants, entrants' root and freeze are the kept ones",
    "number of entrants, entrants' root or freeze are not those of the kept copy",
  );
}

/** What is fixed when the sale is created. */
const created = ({ saleId, algorithm, seedCommitment, beacon }: DrawDocument): string =>
  JSON.stringify([saleId, algorithm, seedCommitment, beacon && [beacon.source, beacon.round, beacon.at]]);

/** What is fixed at the freeze. */
const frozen = ({ preEntrants, entrantsRoot, frozenAt }: DrawDocument): string =>
  JSON.stringify([preEntrants, entrantsRoot, frozenAt]);
