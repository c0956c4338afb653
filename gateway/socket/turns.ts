import type { BuyerNews } from '../../engine/contracts/outcomes.ts';
import type { LiveSale } from '../../engine/contracts/sale.ts';
import { isOver } from '../../engine/contracts/states.ts';
import type { Ticket } from '../../engine/contracts/wire/tickets.ts';
import type { Engine } from '../../engine/surface.ts';
import { topicOf } from './broadcasts.ts';
import type { Connection } from './connection.ts';
import { encodeEvent } from './frames.ts';
import type { Presence, Presences } from './presence.ts';

/** Those who have a place in one sale and are on this gateway. Each is in one of the three. */
interface SaleTurns {
  sale: LiveSale;
  /** In which those who are called were told until when. */
  epoch: number;
  /** Turns below this were looked at. */
  calledBelow: number;
  /** Index by buyer, until the sale opens and an index gets its turn. */
  unopened: Map<string, number>;
  /** Buyer by turn, until it is called. */
  waiting: Map<number, string>;
  /**
   * Called, and whoever stood by over a socket: who of them is on standby, the script that notes their signs of life
   * knows. Who holds or has bought stays among them, because a unit that is released here or elsewhere is heard of
   * nowhere, and its buyer may stand by again over HTTP. 500 of them in one call cost Redis 1.1 ms.
   */
  called: Set<string>;
}

/** Buyers whose windows are asked for at once, one call each. */
const toldAtOnce = 100;

/** Buyers in one call that says they are there. */
const signsMax = 500;

/**
 * Whose turn it is, for the sockets of this gateway. A call costs as much as it calls turns, however many
 * wait; only opening looks at everybody once.
 */
export class Turns {
  readonly #engine: Pick<Engine, 'sales' | 'waitingRoom'>;
  readonly #presences: Presences;
  readonly #bySale = new Map<string, SaleTurns>();
  readonly #onError: (error: unknown) => void;
  /** Sales by socket, of those that it watches, where its buyer's place could not be looked up; with the next pass it is. */
  readonly #unanswered = new Map<Connection, Map<string, LiveSale>>();

  constructor(
    engine: Pick<Engine, 'sales' | 'waitingRoom'>,
    presences: Presences,
    onError: (error: unknown) => void,
  ) {
    this.#engine = engine;
    this.#presences = presences;
    this.#onError = onError;
    engine.sales.onChange((sale) => this.#follow(sale));
    presences.onGone((presence) => {
      for (const saleId of presence.places?.keys() ?? []) this.forget(saleId, presence);
    });
  }

  /** Notes a ticket that was taken or shown again; a turn that is called already is told at once. */
  joined(sale: LiveSale, presence: Presence, { index, turn, state }: Ticket): void {
    const turns = this.#note(sale, presence, index, turn);
    if (!turns || turn === null || state === 'bought' || state === 'sold_out') return;
    turns.called.add(presence.buyerId);
    if (state === 'waiting' || state === 'your_turn') void this.#announce(sale, [presence.buyerId], turn);
  }

  /**
   * A socket follows a sale where its buyer may have taken a place elsewhere: one look, however long it stays. A turn
   * that is called already is told to this socket. Never throws.
   */
  async watches(sale: LiveSale, connection: Connection): Promise<void> {
    const { presence } = connection;
    if (!presence || isOver(sale.snapshot.state)) return;
    try {
      if (sale.config.method === 'none') {
        await this.#standsBySince(sale, presence, connection);
        return;
      }
      const found = await this.#engine.waitingRoom.find(sale, presence.buyerId);
      // The socket may have closed meanwhile.
      if (found.kind === 'refused' || connection.presence !== presence) return;
      await this.#found(sale, presence, found.place.index, (text) => connection.send(text));
    } catch (error) {
      this.#looksAgain(sale, connection);
      this.#onError(error);
    }
  }

  /** In a sale without a waiting room nobody has a place, but this buyer may stand by since a socket that was lost. */
  async #standsBySince(sale: LiveSale, presence: Presence, connection: Connection): Promise<void> {
    if (sale.snapshot.standby === 0) return;
    const noted = await this.#engine.waitingRoom.signsOfLife(sale, [presence.buyerId]);
    if (noted > 0 && connection.presence === presence) this.standsBy(sale, presence);
  }

  /** A socket stopped following a sale. */
  unwatched(saleId: string, connection: Connection): void {
    const sales = this.#unanswered.get(connection);
    sales?.delete(saleId);
    if (sales?.size === 0) this.#unanswered.delete(connection);
  }

  /** A socket is gone. */
  closed(connection: Connection): void {
    this.#unanswered.delete(connection);
  }

  /** A place was taken or given up, at this gateway or another. */
  async heard({ buyerId, saleId, index }: Extract<BuyerNews, { news: 'place' }>): Promise<void> {
    const presence = this.#presences.of(buyerId);
    if (!presence) return;
    if (index === null) {
      this.forget(saleId, presence);
      return;
    }
    const sale = await this.#engine.sales.find(saleId);
    const isNew = this.#presences.of(buyerId) === presence && presence.places?.get(saleId) !== index;
    if (sale && isNew) {
      await this.#found(sale, presence, index, (text) => this.#presences.send(buyerId, text));
    }
  }

  /** On standby, with a ticket or in a sale that has none: from now on the socket speaks for its buyer. */
  standsBy(sale: LiveSale, presence: Presence): void {
    const known = presence.places?.get(sale.config.id);
    this.#of(sale, presence, known ?? null).called.add(presence.buyerId);
  }

  /** The place was given up, or its buyer has gone from this gateway. */
  forget(saleId: string, presence: Presence): void {
    const turns = this.#bySale.get(saleId);
    const index = presence.places?.get(saleId) ?? null;
    if (!turns) return;
    turns.called.delete(presence.buyerId);
    turns.unopened.delete(presence.buyerId);
    const turn = index === null ? null : this.#engine.waitingRoom.turnOf(turns.sale, index);
    if (turn !== null) turns.waiting.delete(turn);
    presence.places?.delete(saleId);
  }

  /** Says of everybody here who may be on standby that they are there. A damaged sale silences no other. */
  async runOnce(): Promise<void> {
    const unanswered = [...this.#unanswered];
    this.#unanswered.clear();
    await Promise.all(
      unanswered.flatMap(([connection, sales]) =>
        [...sales.values()].map((sale) => this.watches(sale, connection)),
      ),
    );
    const sales = [...this.#bySale.values()];
    await Promise.all(sales.map((turns) => this.#speakFor(turns).catch(this.#onError)));
  }

  async #speakFor({ sale, called }: SaleTurns): Promise<void> {
    if (called.size === 0 || sale.snapshot.standby === 0) return;
    const buyerIds = [...called];
    for (let at = 0; at < buyerIds.length; at += signsMax) {
      await this.#engine.waitingRoom.signsOfLife(sale, buyerIds.slice(at, at + signsMax));
    }
  }

  /** Unless it stopped following the sale, or closed, while that was looked up. */
  #looksAgain(sale: LiveSale, connection: Connection): void {
    const saleId = sale.config.id;
    if (!connection.ws?.isSubscribed(topicOf(saleId))) return;
    const sales = this.#unanswered.get(connection) ?? new Map<string, LiveSale>();
    this.#unanswered.set(connection, sales.set(saleId, sale));
  }

  async #found(
    sale: LiveSale,
    presence: Presence,
    index: number,
    send: (text: string) => void,
  ): Promise<void> {
    if (isOver(sale.snapshot.state)) return;
    const turn = this.#engine.waitingRoom.turnOf(sale, index);
    const turns = this.#note(sale, presence, index, turn);
    if (!turns || turn === null) return;
    turns.called.add(presence.buyerId);
    const claimBy = await this.#claimBy(sale, turn);
    // Its window is over, or it was used.
    if (claimBy !== null) send(encodeEvent('your_turn', { saleId: sale.config.id, claimBy }));
  }

  /** Notes a place, and answers where its turn is called already. */
  #note(sale: LiveSale, presence: Presence, index: number, turn: number | null): SaleTurns | null {
    // Another place than the one that was known: that was given up.
    if ((presence.places?.get(sale.config.id) ?? index) !== index) this.forget(sale.config.id, presence);
    const turns = this.#of(sale, presence, index);
    if (turn === null) turns.unopened.set(presence.buyerId, index);
    else if (turn >= turns.calledBelow) turns.waiting.set(turn, presence.buyerId);
    else return turns;
    return null;
  }

  #of(sale: LiveSale, presence: Presence, index: number | null): SaleTurns {
    presence.places ??= new Map();
    presence.places.set(sale.config.id, index);
    const known = this.#bySale.get(sale.config.id);
    if (known) return known;
    const { epoch, serving: calledBelow } = sale.snapshot;
    const turns = {
      sale,
      epoch,
      calledBelow,
      unopened: new Map(),
      waiting: new Map(),
      called: new Set<string>(),
    };
    this.#bySale.set(sale.config.id, turns);
    return turns;
  }

  #follow(sale: LiveSale): void {
    const turns = this.#bySale.get(sale.config.id);
    if (!turns) return;
    const { state, serving } = sale.snapshot;
    if (isOver(state)) {
      this.#bySale.delete(sale.config.id);
      return;
    }
    this.#followEpoch(turns);
    for (const [buyerId, index] of turns.unopened) {
      const turn = this.#engine.waitingRoom.turnOf(sale, index);
      if (turn === null) break;
      turns.unopened.delete(buyerId);
      turns.waiting.set(turn, buyerId);
    }
    if (serving <= turns.calledBelow) return;
    const from = turns.calledBelow;
    turns.calledBelow = serving;
    const buyerIds = takeTurns(turns.waiting, from, serving);
    for (const buyerId of buyerIds) turns.called.add(buyerId);
    // Those of one pass were called within moments; the first one's deadline is early for the others, never late.
    if (buyerIds.length > 0) void this.#announce(sale, buyerIds, from);
  }

  /**
   * Windows stood still while Redis was away, or began anew where it was rebuilt, and whoever stood by does so no more
   * then: each whose turn is still to be used is told again until when.
   */
  #followEpoch(turns: SaleTurns): void {
    const { epoch, isSlow } = turns.sale.snapshot;
    // Redis does not speak for a sale that sells slowly, and has another epoch when it does again.
    if (isSlow || epoch <= turns.epoch) return;
    turns.epoch = epoch;
    this.#tellAgain(turns).catch(this.#onError);
  }

  async #tellAgain({ sale, called }: SaleTurns): Promise<void> {
    const saleId = sale.config.id;
    const buyerIds = [...called];
    for (let at = 0; at < buyerIds.length; at += toldAtOnce) {
      await Promise.all(
        buyerIds.slice(at, at + toldAtOnce).map(async (buyerId) => {
          const presence = this.#presences.of(buyerId);
          const index = presence?.places?.get(saleId) ?? null;
          if (!presence || index === null) return;
          await this.#found(sale, presence, index, (text) => this.#presences.send(buyerId, text));
        }),
      );
    }
  }

  async #announce(sale: LiveSale, buyerIds: readonly string[], turn: number): Promise<void> {
    let claimBy: string | null = null;
    try {
      claimBy = await this.#claimBy(sale, turn);
    } catch (error) {
      this.#onError(error);
    }
    const text = encodeEvent('your_turn', { saleId: sale.config.id, claimBy });
    for (const buyerId of buyerIds) this.#presences.send(buyerId, text);
  }

  async #claimBy(sale: LiveSale, turn: number): Promise<string | null> {
    const claimByMs = await this.#engine.waitingRoom.claimByMs(sale, turn);
    return claimByMs === null ? null : new Date(claimByMs).toISOString();
  }
}

/** Takes the buyers of turns `[from, to)` out of those who wait, by whichever way is shorter. */
function takeTurns(waiting: Map<number, string>, from: number, to: number): string[] {
  const buyerIds: string[] = [];
  const take = (turn: number, buyerId: string | undefined) => {
    if (buyerId === undefined) return;
    waiting.delete(turn);
    buyerIds.push(buyerId);
  };
  if (to - from <= waiting.size) {
    for (let turn = from; turn < to; turn += 1) take(turn, waiting.get(turn));
  } else {
    for (const [turn, buyerId] of waiting) if (turn < to) take(turn, buyerId);
  }
  return buyerIds;
}
