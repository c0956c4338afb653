import { closeWhenSoldOut } from './operator.ts';
import type { ModelledReply } from './reply.ts';
import type { ModelledSale } from './sale.ts';
import { handOver, rankOf, turnAway } from './standby.ts';

export function turnStatus(sale: ModelledSale, buyerId: string, turn: number): ModelledReply {
  const answer: ModelledReply = [-1, -1, '', '', '', '', -1, 0];
  const standing = sale.standby.get(buyerId);
  if (standing) {
    standing.aliveAtMs = sale.claimClockMs();
    answer[1] = rankOf(sale, buyerId);
  }
  const turnedAway = sale.turnedAway.get(buyerId);
  if (turnedAway?.turn === turn && sale.isGone(turnedAway.items)) answer[7] = 1;
  if (turn >= sale.missedBelow && turn < sale.serving && !sale.usedTurns.has(turn)) {
    const call = sale.calls.find(({ to }) => to > turn);
    const leftMs = call ? call.atMs + sale.setup.claimMs - sale.claimClockMs() : 0;
    if (leftMs > 0) answer[0] = `${sale.nowMs + leftMs}`;
  }
  const id = sale.latestOf.get(buyerId);
  const latest = id === undefined ? undefined : sale.reservations.get(id);
  if (id !== undefined && latest) {
    const state = sale.isLapsed(latest) ? 'expired' : latest.state;
    if (state === 'held') sale.touch(id, latest);
    return answer.toSpliced(2, 5, id, state, latest.items, `${latest.deadlineMs}`, latest.turn);
  }
  return answer;
}

/** A tick up to the calling of turns, which is checked by its properties instead. */
export function tick(sale: ModelledSale, sweepMax: number): void {
  const lapsed = [...sale.reservations]
    .filter(([, reservation]) => sale.isLapsed(reservation))
    .sort(([a, { deadlineMs: aMs }], [b, { deadlineMs: bMs }]) => aMs - bMs || (a < b ? -1 : 1));
  for (const [id, reservation] of lapsed.slice(0, sweepMax))
    sale.giveBack(id, reservation, 'held', 'expired');
  if (sale.state === 'open') closeWhenSoldOut(sale);
  if (sale.state !== 'open') return;
  for (const { to, atMs } of [...sale.calls]) {
    if (atMs + sale.setup.claimMs > sale.claimClockMs()) break;
    sale.missedBelow = to;
    sale.calls.shift();
  }
  for (const standing of [...sale.standby.values()])
    if (sale.isGone(standing.items)) turnAway(sale, standing);
  handOver(sale);
}
