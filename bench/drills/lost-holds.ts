import type { LostHold } from '../load/tally.ts';
import { tokenSigner } from '../load/tokens.ts';

/** A lost hold, with what the system says of it afterwards. */
export interface FollowedHold extends LostHold {
  /** Its state, or the code that it is refused with. */
  now: string;
}

/** Asks for each as its buyer: what was lost is not known, what lapsed is. */
export async function follow(
  { origin, authSecret }: { origin: string; authSecret: string },
  lost: readonly LostHold[],
): Promise<FollowedHold[]> {
  const sign = tokenSigner(authSecret);
  return Promise.all(
    lost.map(async (hold) => {
      try {
        const response = await fetch(`${origin}/api/v1/reservations/${hold.reservationId}`, {
          headers: { Authorization: `Bearer ${sign({ sub: hold.buyerId })}` },
          signal: AbortSignal.timeout(10_000),
        });
        const body = (await response.json()) as { state?: string; code?: string };
        return { ...hold, now: body.state ?? body.code ?? `answered ${response.status}` };
      } catch (error) {
        return { ...hold, now: `not told: ${(error as Error).message}` };
      }
    }),
  );
}
