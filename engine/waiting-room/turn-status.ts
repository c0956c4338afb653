import type { Redis } from 'ioredis';
import { decodeItems, type Item } from '../contracts/events.ts';
import type { ReservationId } from '../contracts/ids.ts';
import type { ReservationState } from '../contracts/states.ts';
import { perSale } from '../redis/batcher.ts';
import { floorKeys } from '../redis/keys.ts';
import { nextRequestId, run, script } from '../redis/scripts.ts';
import { StaleEpoch } from '../redis/unavailable.ts';

export interface TurnStatusRequest {
  saleId: string;
  buyerId: string;
  /** Null while the sale has not opened. */
  turn: number | null;
}

export interface TurnStatus {
  serving: number;
  /** End of the claim window by the sale's clock; null where it is not running for this turn. */
  claimByMs: number | null;
  /** How many stand before this buyer on standby; null where the buyer is not on standby. */
  standbyRank: number | null;
  /** What this buyer stood by for with this turn is sold, and they have not asked for anything else since. */
  isTurnedAway: boolean;
  /** The buyer's latest reservation in this sale, and the turn that it was made with, null where there are none. */
  reservation: {
    id: ReservationId;
    state: ReservationState;
    items: Item[];
    deadlineMs: number;
    turn: number | null;
  } | null;
}

const turnStatusScript = script('waiting-room/turn-status');

/** What buyers' turns are worth at this moment; batched, and a sign of life of everybody asked for. */
export function turnStatusReader(redis: Redis): (request: TurnStatusRequest) => Promise<TurnStatus> {
  return perSale<TurnStatusRequest, TurnStatus>({
    sizeMax: 200,
    queueMax: 20_000,
    deadlineMs: 3_000,
    async run(saleId, requests) {
      const args = requests.flatMap(({ buyerId, turn }) => [buyerId, turn ?? -1]);
      const reply = await run(redis, turnStatusScript, floorKeys(saleId), [nextRequestId(), ...args]);
      if (reply[1] !== 1) throw new StaleEpoch(`Redis does not know the sale ${saleId}`);
      const [, , serving, ...answers] = reply;
      return answers.map((answer) => {
        const [claimByMs, rank, id, state, items, deadlineMs, itsTurn, turnedAway] = answer as string[];
        return {
          serving: Number(serving),
          claimByMs: Number(claimByMs) < 0 ? null : Number(claimByMs),
          standbyRank: Number(rank) < 0 ? null : Number(rank),
          isTurnedAway: Number(turnedAway) === 1,
          reservation: id
            ? {
                id: id as ReservationId,
                state: state as ReservationState,
                items: decodeItems(items as string),
                deadlineMs: Number(deadlineMs),
                turn: Number(itsTurn) < 0 ? null : Number(itsTurn),
              }
            : null,
        };
      });
    },
  });
}
