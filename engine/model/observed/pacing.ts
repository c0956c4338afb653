import type { ModelledSale } from '../modelled/sale.ts';

/**
 * What holds for every calling of turns, whatever the pace is worked out to be: it never goes back, never
 * beyond those who came, never beyond twice what the stock justifies; and it moves on when it should. `lastTickMs`
 * is by the claim clock, which stands still while the sale is paused.
 */
export function checkPace(model: ModelledSale, serving: number, lastTickMs: number | null): void {
  /** Turns that were given up are passed over. */
  const waiting = (from: number, to: number) =>
    Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i).filter(
      (turn) => !model.usedTurns.has(turn),
    ).length;
  const called = waiting(model.serving, serving);
  if (serving < model.serving) throw new Error(`serving went back from ${model.serving} to ${serving}`);
  if (serving > model.entrants) throw new Error(`${serving} turns called, ${model.entrants} came`);
  // Whoever stands by after what is available was handed over cannot have it: it waits for whoever would take it.
  const spoken = model.outstandingTurns();
  const available = model.total('available');
  if (called > 0 && called > 2 * available - spoken) {
    throw new Error(`${called} turns called for ${available} units, ${spoken} were spoken for`);
  }
  const checkouts = [...model.reservations.values()].filter(
    ({ state }) => state === 'held' || state === 'paying',
  );
  const room =
    (model.setup.checkoutsAtOnceMax ?? Number.POSITIVE_INFINITY) -
    checkouts.length -
    model.outstandingTurns();
  if (called > 0 && called > room) throw new Error(`${called} turns called, ${room} more may check out`);
  const elapsedMs = lastTickMs === null ? Number.POSITIVE_INFINITY : model.claimClockMs() - lastTickMs;
  const perTurnMs = 60_000 / model.setup.perMinute;
  // While payments are under way the pace may be braked, down to a twentieth.
  const slowestMs = perTurnMs * (model.leases.size > 0 ? 20 : 1);
  if (
    called === 0 &&
    available > spoken &&
    room > 0 &&
    waiting(serving, model.entrants) > 0 &&
    elapsedMs > slowestMs + 1
  ) {
    throw new Error(`${available - spoken} units wait, nobody was called for ${elapsedMs} ms`);
  }
  const most = Math.max(1, 2_000 / perTurnMs) + (2 * Math.min(elapsedMs, 1e9)) / perTurnMs;
  if (called > most) throw new Error(`${called} turns called after ${elapsedMs} ms`);
}
