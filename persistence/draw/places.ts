import { setImmediate as breathe } from 'node:timers/promises';
import { type TicketHash, ticketHash, type ticketWriter } from '../../engine/index.ts';
import type { Settlement } from '../../engine/surface.ts';

/** What names a buyer in a waiting room; all zeros stand for nobody. */
const placeBytes = 12;

export type WriteTicket = ReturnType<typeof ticketWriter>;

/** Who stands at the indices from 0 on, one place after the other. */
export type Places = Buffer;

/**
 * Who holds the indices below `count`. An index whose place was given up, or taken again further back, is
 * vacant: nobody holds it, and nobody ever will. 12 MB for a million.
 */
export async function placesOf(entrants: ReturnType<Settlement['entrants']>, count: number): Promise<Places> {
  const places = Buffer.alloc(count * placeBytes);
  for await (const part of entrants) {
    for (const { index, place, isHeld } of part) {
      if (isHeld && index < count) place.copy(places, index * placeBytes);
    }
  }
  return places;
}

/** The ticket at each place from index `from` on, as the tree takes it: hashed, null where vacant. */
export function* ticketHashes(
  places: Places,
  saleId: string,
  from: number,
  write: WriteTicket,
): Generator<TicketHash> {
  for (let at = 0; at < places.length; at += placeBytes) {
    const place = places.subarray(at, at + placeBytes);
    const index = from + at / placeBytes;
    yield isVacant(place) ? null : ticketHash(write(saleId, { index, place }));
  }
}

/** A place as it is looked up. */
const nameOf = (place: Buffer): string => place.toString('latin1');

/** Names of the places, one after the other. */
export function* namesOf(places: Places): Generator<string> {
  for (let at = 0; at < places.length; at += placeBytes) yield nameOf(places.subarray(at, at + placeBytes));
}

/** The indices that nobody has, of places from index `from` on; nor do those whose names are `gone`. */
export function* vacantIndices(places: Places, from: number, gone: ReadonlySet<string>): Generator<number> {
  for (let at = 0; at < places.length; at += placeBytes) {
    const place = places.subarray(at, at + placeBytes);
    if (isVacant(place) || gone.has(nameOf(place))) yield from + at / placeBytes;
  }
}

/** The same for everybody, block by block, with a pause for others after each: 256 tickets and leaves take about 2 ms. */
export async function* ticketHashesInBlocks(
  places: Places,
  saleId: string,
  blockLevel: number,
  write: WriteTicket,
): AsyncGenerator<Iterable<TicketHash>> {
  for (const [block, part] of blocksOf(places, blockLevel).entries()) {
    yield ticketHashes(part, saleId, block * 2 ** blockLevel, write);
    await breathe();
  }
}

/** The places cut into blocks of 2^blockLevel; the last one may be shorter. */
export function blocksOf(places: Places, blockLevel: number): Places[] {
  const blockBytes = 2 ** blockLevel * placeBytes;
  return Array.from({ length: Math.ceil(places.length / blockBytes) }, (_, block) =>
    places.subarray(block * blockBytes, (block + 1) * blockBytes),
  );
}

const isVacant = (place: Buffer): boolean =>
  place.readUInt32LE(0) === 0 && place.readUInt32LE(4) === 0 && place.readUInt32LE(8) === 0;
