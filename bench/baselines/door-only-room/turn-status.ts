import type { TurnStatus, TurnStatusRequest } from '../../../engine/waiting-room/turn-status.ts';
import { inBursts } from '../in-bursts.ts';

export type { TurnStatus, TurnStatusRequest } from '../../../engine/waiting-room/turn-status.ts';

/** Everybody waits: what most are told most of the time. */
const waiting: TurnStatus = {
  serving: 1,
  claimByMs: null,
  standbyRank: null,
  isTurnedAway: false,
  reservation: null,
};

export function turnStatusReader(): (request: TurnStatusRequest) => Promise<TurnStatus> {
  return () => inBursts(() => waiting);
}
