import type { PlaceBook } from '../../../engine/waiting-room/place-book.ts';
import { inBursts } from '../in-bursts.ts';

export {
  type PlaceBook,
  roomNotOpen,
  type TakePlaceOutcome,
} from '../../../engine/waiting-room/place-book.ts';

/** The waiting room without the room: everybody has a place of five digits, and nobody was asked. */
const index = 12_345;

export function placeBook(): PlaceBook {
  return {
    take: () => inBursts(() => ({ kind: 'place', index, fresh: true })),
    find: () => inBursts(() => index),
    leave: async () => ({ kind: 'left' }),
    invite: async () => {},
    restore: async () => [],
  };
}
