import type { SaleState } from '../../contracts/states.ts';
import { itemsOf, quantityOf } from './items.ts';
import type { Counts, Event, ModelledReservation, Place, Standing } from './records.ts';
import type { SaleSetup } from './setup.ts';

/** A jump of the wall clock beyond this is not believed. */
const clockJumpMs = 5_000;

/**
 * One sale in plain memory: what the scripts are to do, written again without Redis, batches or packing.
 * The moves here, the decisions in modelled-scripts.ts.
 */
export class ModelledSale {
  readonly setup: SaleSetup;
  readonly startMs: number;
  state: SaleState = 'scheduled';
  epoch = 1;
  waitingOpensAtMs: number;
  opensAtMs: number;
  closesAtMs: number;
  openedAtMs: number | null = null;

  wallMs: number;
  nowMs: number;
  clockOffsetMs = 0;

  serving = 0;
  entrants = 0;
  missedBelow = 0;
  pausedAtMs = 0;
  pausedTotalMs = 0;
  /** Turns called together: the serving they led to, and when by the claim clock. */
  calls: { to: number; atMs: number }[] = [];
  readonly usedTurns = new Set<number>();
  /** Who has a place in the waiting room; null where it was given up. */
  readonly places = new Map<string, number | null>();
  /** Whose latest reservation was made with a turn that they have given up since. */
  readonly gaveUp = new Set<string>();

  readonly stock = new Map<string, Counts>();
  readonly reservations = new Map<string, ModelledReservation>();
  readonly latestOf = new Map<string, string>();
  readonly standby = new Map<string, Standing>();
  /** Who stood by for what is sold by now. */
  readonly turnedAway = new Map<string, Standing>();
  readonly leases = new Map<string, number>();
  readonly attempts = new Set<string>();
  arrivals = 0;
  /** What the last call appended to the outbox. */
  events: Event[] = [];
  /** What buyers were told on their sockets since the beginning, by kind and reservation. */
  readonly pushes: string[] = [];

  constructor(setup: SaleSetup, startMs: number) {
    this.setup = setup;
    this.startMs = startMs;
    this.wallMs = startMs;
    this.nowMs = startMs;
    this.waitingOpensAtMs = startMs;
    this.opensAtMs = startMs + setup.opensInMs;
    this.closesAtMs = startMs + setup.closesInMs;
    for (const [sku, units] of Object.entries(setup.units)) {
      this.stock.set(sku, { units, available: units, held: 0, paying: 0, sold: 0 });
    }
    this.emit('sale.created');
    this.advance();
  }

  /** What every script does first: the clock, and the states that follow from it. */
  enter(): void {
    const nowMs = this.wallMs + this.clockOffsetMs;
    if (Math.abs(nowMs - this.nowMs) > clockJumpMs) this.clockOffsetMs = this.nowMs - this.wallMs;
    else this.nowMs = Math.max(nowMs, this.nowMs);
    this.advance();
  }

  advance(): void {
    if (this.state === 'scheduled' && this.nowMs >= this.waitingOpensAtMs)
      this.become('waiting', 'sale.waiting');
    if (this.state === 'waiting' && this.nowMs >= this.opensAtMs) this.become('open', 'sale.opened');
    const isFinal = this.state === 'closed' || this.state === 'sold_out';
    if (!isFinal && this.nowMs >= this.closesAtMs) this.become('closed', 'sale.closed');
  }

  become(state: SaleState, event: string): void {
    this.state = state;
    if (state === 'open') this.openedAtMs ??= this.nowMs;
    this.emit(event);
  }

  emit(type: string, id?: string, restock?: { returnId: string; items: string }): void {
    const reservation = id === undefined ? undefined : this.reservations.get(id);
    const event: Event = { type, atMs: this.nowMs, epoch: this.epoch };
    if (id !== undefined && reservation) {
      const { buyerId, turn, items, deadlineMs, attemptId } = reservation;
      event.reservation = { id, buyerId, turn, items, deadlineMs, attemptId, ...restock };
    }
    this.events.push(event);
  }

  total(place: keyof Counts): number {
    let total = 0;
    for (const counts of this.stock.values()) total += counts[place];
    return total;
  }

  move(items: string, from: Place, to: Place): void {
    for (const { sku, quantity } of itemsOf(items)) {
      const counts = this.stock.get(sku) as Counts;
      counts[from] -= quantity;
      counts[to] += quantity;
    }
  }

  /** True where all items are available, with `kept` units of each SKU left over for others. */
  fits(items: string, kept: number): boolean {
    return itemsOf(items).every(
      ({ sku, quantity }) => (this.stock.get(sku)?.available ?? 0) - kept >= quantity,
    );
  }

  /** True where fewer are left of something than are asked for, with all that may come back. */
  isGone(items: string): boolean {
    return itemsOf(items).some(({ sku, quantity }) => {
      const { available = 0, held = 0, paying = 0 } = this.stock.get(sku) ?? {};
      return available + held + paying < quantity;
    });
  }

  hold(
    id: string,
    request: { buyerId: string; turn: number; items: string; quoteId?: string },
    holdMs: number,
    untouched: boolean,
  ) {
    const { buyerId, turn, items, quoteId = '' } = request;
    this.move(items, 'available', 'held');
    const deadlineMs = this.nowMs + holdMs;
    this.reservations.set(id, {
      state: 'held',
      buyerId,
      turn,
      items,
      deadlineMs,
      attemptId: '',
      untouched,
      extendedBy: null,
      returns: [],
      quoteId,
    });
    this.latestOf.set(buyerId, id);
    this.gaveUp.delete(buyerId);
    if (turn >= 0) this.usedTurns.add(turn);
    this.emit('reservation.held', id);
    if (untouched)
      this.pushes.push(`reserved ${id} ${buyerId} ${deadlineMs} ${items} ${turn < 0 ? null : turn}`);
  }

  giveBack(
    id: string,
    reservation: ModelledReservation,
    from: 'held' | 'paying',
    state: 'released' | 'expired',
  ) {
    this.move(reservation.items, from, 'available');
    reservation.state = state;
    this.leases.delete(id);
    this.emit(`reservation.${state}`, id);
    if (state === 'expired') this.pushes.push(`expired ${id} ${reservation.buyerId}`);
  }

  isLapsed(reservation: ModelledReservation): boolean {
    return reservation.state === 'held' && reservation.deadlineMs <= this.nowMs;
  }

  /** The owner of a handed-over hold showed up. */
  touch(id: string, reservation: ModelledReservation): void {
    if (reservation.state !== 'held' || !reservation.untouched) return;
    reservation.untouched = false;
    if (this.nowMs + this.setup.holdMs <= reservation.deadlineMs) return;
    reservation.deadlineMs = this.nowMs + this.setup.holdMs;
    this.emit('reservation.extended', id);
  }

  /** Units over held, paying and sold. */
  unitsOf(buyerId: string): number {
    let units = 0;
    for (const { buyerId: owner, state, items, returns } of this.reservations.values()) {
      if (owner !== buyerId || state === 'released' || state === 'expired') continue;
      units += quantityOf(items);
      for (const [, returned] of returns) units -= quantityOf(returned);
    }
    return units;
  }

  claimClockMs(): number {
    return (this.state === 'paused' ? this.pausedAtMs : this.nowMs) - this.pausedTotalMs;
  }

  /** Turns that were called, may still come on time, and have not come. */
  outstandingTurns(): number {
    let outstanding = 0;
    for (let turn = this.missedBelow; turn < this.serving; turn++)
      if (!this.usedTurns.has(turn)) outstanding++;
    return outstanding;
  }

  /** Of two who name the same turn, which no ticket allows, the sorted set puts the lesser id first. */
  standbyInOrder(): Standing[] {
    return [...this.standby.values()].sort((a, b) => a.score - b.score || (a.buyerId < b.buyerId ? -1 : 1));
  }
}
