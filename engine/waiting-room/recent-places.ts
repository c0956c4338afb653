/** Far longer than a relay takes to journal a place: a tenth of a second, a second where nothing had happened. */
const keptMs = 5_000;
/** Of one sale: some 10 MB, of the fastest rush the last few seconds. */
const keptMax = 100_000;

interface Room {
  /** The epoch that knows all of them. */
  epoch: number;
  /** When each buyer was last given their place, the oldest first. */
  places: Map<string, { index: number; atMs: number }>;
}

/**
 * The places that this process gave out a moment ago. A Redis that loses its memory loses those that nobody had
 * journaled yet; what is kept here is told to its next epoch, before anybody has to ask.
 */
export class RecentPlaces {
  readonly #rooms = new Map<string, Room>();

  note(saleId: string, epoch: number, buyerId: string, index: number): void {
    let room = this.#rooms.get(saleId);
    if (!room) {
      room = { epoch, places: new Map() };
      this.#rooms.set(saleId, room);
    }
    room.places.delete(buyerId);
    room.places.set(buyerId, { index, atMs: performance.now() });
    if (room.places.size <= keptMax) return;
    const [oldest] = room.places.keys();
    room.places.delete(oldest as string);
  }

  forget(saleId: string, buyerId: string): void {
    this.#rooms.get(saleId)?.places.delete(buyerId);
  }

  /** What this epoch of a sale may not know. Where it knows all of them, those that are journaled by now are let go. */
  unknownTo(saleId: string, epoch: number): [buyerId: string, index: number][] {
    const room = this.#rooms.get(saleId);
    if (!room) return [];
    if (room.epoch < epoch) return [...room.places].map(([buyerId, { index }]) => [buyerId, index]);
    const journaledMs = performance.now() - keptMs;
    for (const [buyerId, { atMs }] of room.places) {
      if (atMs > journaledMs) return [];
      room.places.delete(buyerId);
    }
    this.#rooms.delete(saleId);
    return [];
  }

  /** This epoch knows them now; from now on a relay has time to journal them. */
  told(saleId: string, epoch: number): void {
    const room = this.#rooms.get(saleId);
    if (!room) return;
    room.epoch = Math.max(room.epoch, epoch);
    for (const place of room.places.values()) place.atMs = performance.now();
  }
}
