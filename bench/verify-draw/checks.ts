import { createHash } from 'node:crypto';
import type { DrawDocument, TicketDocument } from './documents.ts';
import { leafOf, rootFrom } from './entrants-root.ts';
import { turnOf } from './feistel-1.ts';

/** One thing that was looked at; `detail` says in a line what was compared. */
export interface Check {
  name: string;
  outcome: 'ok' | 'failed' | 'not checked';
  detail: string;
}

/** What there is to judge by. `earlier` is a copy of the draw that was kept from before the opening. */
export interface Evidence {
  draw: DrawDocument;
  ticket: TicketDocument | null;
  earlier: DrawDocument | null;
}

/** A draw whose sale has opened: everything about it is known. */
type Drawn = { [Member in Exclude<keyof DrawDocument, 'beacon'>]: NonNullable<DrawDocument[Member]> } & {
  beacon: (NonNullable<DrawDocument['beacon']> & { value: string }) | null;
};

/** Every check of docs/draw.md that the evidence allows, in the order of the page. */
export function checksOf({ draw, ticket, earlier }: Evidence): Check[] {
  const drawn = asDrawn(draw);
  if (typeof drawn === 'string') return [failed('finished', drawn), ...keptChecks(draw, earlier)];
  return [
    commitmentCheck(drawn),
    beaconCheck(drawn),
    drawSeedCheck(drawn),
    ...keptChecks(draw, earlier),
    ...(ticket
      ? ticketChecks(drawn, ticket)
      : [notChecked('ticket', 'no --ticket given: the public part alone')]),
  ];
}

const ok = (name: string, detail: string): Check => ({ name, outcome: 'ok', detail });
const failed = (name: string, detail: string): Check => ({ name, outcome: 'failed', detail });
const notChecked = (name: string, detail: string): Check => ({ name, outcome: 'not checked', detail });
const judged = (name: string, isOk: boolean, right: string, wrong: string): Check =>
  isOk ? ok(name, right) : failed(name, wrong);

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest('hex');

/** The draw when nothing of it is missing, else what is wrong with it. */
function asDrawn(draw: DrawDocument): Drawn | string {
  if (draw.algorithm !== 'feistel-1')
    return `algorithm is ${draw.algorithm}, which this command does not know`;
  const members = ['preEntrants', 'entrantsRoot', 'frozenAt', 'seed', 'drawSeed', 'openedAt'] as const;
  const missing: string[] = members.filter((member) => draw[member] === null);
  if (draw.beacon?.value === null) missing.push('beacon.value');
  return missing.length === 0 ? (draw as Drawn) : `not drawn yet: ${missing.join(', ')} not revealed`;
}

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

/** Whether what had been fixed before the opening is still the same. */
function keptChecks(draw: DrawDocument, earlier: DrawDocument | null): Check[] {
  if (!earlier)
    return [notChecked('kept copy', 'no --earlier given: that it was fixed beforehand is believed')];
  const fixed = ({ saleId, algorithm, seedCommitment, beacon }: DrawDocument) =>
    JSON.stringify([saleId, algorithm, seedCommitment, beacon && [beacon.source, beacon.round, beacon.at]]);
  const frozen = (copy: DrawDocument) =>
    JSON.stringify([copy.preEntrants, copy.entrantsRoot, copy.frozenAt && Date.parse(copy.frozenAt)]);
  if (earlier.seed !== null)
    return [failed('kept copy', 'it is from after the opening, so it shows nothing')];
  if (fixed(draw) !== fixed(earlier)) {
    return [failed('kept copy', 'sale, commitment or beacon are not those of the kept copy')];
  }
  if (earlier.entrantsRoot === null) {
    return [ok('kept copy', 'commitment and beacon are the kept ones; it is from before the freeze')];
  }
  return [
    judged(
      'kept copy',
      frozen(draw) === frozen(earlier),
      "commitment, beacon, number of entrants, entrants' root and freeze are the kept ones",
      "number of entrants, entrants' root or freeze are not those of the kept copy",
    ),
  ];
}

function ticketChecks(draw: Drawn, { ticket, saleId, index, turn, proof }: TicketDocument): Check[] {
  const { preEntrants, entrantsRoot } = draw;
  if (saleId !== undefined && saleId !== draw.saleId) {
    return [failed('ticket', `it is of the sale ${saleId}, the draw of ${draw.saleId}`)];
  }
  const expected = turnOf(Buffer.from(draw.drawSeed, 'hex'), preEntrants, index);
  const turnCheck = judged(
    'turn',
    turn === expected,
    `index ${index} of ${preEntrants} entrants has turn ${expected}`,
    `index ${index} of ${preEntrants} entrants has turn ${expected}, but the ticket was told ${turn}`,
  );
  if (index >= preEntrants) {
    return [turnCheck, notChecked('entrant', `index ${index} came after the freeze: not part of the draw`)];
  }
  if (!proof)
    return [turnCheck, failed('entrant', `index ${index} was in the draw, but its proof is missing`)];
  const root = rootFrom(preEntrants, index, leafOf(index, ticket), proof);
  return [
    turnCheck,
    judged(
      'entrant',
      root === entrantsRoot,
      `the ticket stands at index ${index} under entrantsRoot, ${entrantsRoot}`,
      root === null
        ? `a proof of ${proof.length} hashes does not fit index ${index} of ${preEntrants}`
        : `the proof leads from the ticket at index ${index} to ${root}, but entrantsRoot is ${entrantsRoot}`,
    ),
  ];
}
