import type { Behaviour } from './behaviour.ts';
import { type Line, type Refused, Unexpected } from './line.ts';
import type { Outcome } from './outcomes.ts';
import { pause } from './pause.ts';
import type { Tally } from './tally.ts';

export type Stage =
  | 'connecting'
  | 'joining'
  | 'waiting for its turn'
  | 'reserving'
  | 'standing by'
  | 'thinking'
  | 'paying'
  | 'waiting for the outcome';

/** One buyer at one sale. */
export interface Visit {
  buyerId: string;
  behaviour: Behaviour;
  line: Line;
  tally: Tally;
  /** What it is at. */
  stage: Stage;
  /** How long the sale holds what was reserved. */
  holdMs: number;
}

/** A refusal that says "retry" this often in a row will not end. */
const repeatsMax = 60;

/**
 * Does what the refusal says: what is `retryable` is repeated after `Retry-After`, anything else is the
 * answer. The pauses are stretched a little by buyer, so that a crowd refused at once does not come back at once.
 */
export async function patiently<Answer extends { kind: string }>(
  { behaviour, tally }: Visit,
  ask: () => Promise<Answer | Refused>,
): Promise<Answer | Refused> {
  for (let repeat = 0; ; repeat++) {
    const answer = await ask();
    if (answer.kind !== 'refused') return answer;
    const refused = answer as Refused;
    tally.refusal(refused.code);
    if (!refused.retryable || repeat === repeatsMax) return refused;
    await pause(refused.retryAfterMs * (1 + (behaviour.number % 16) / 32));
  }
}

/** What a final refusal means for the buyer. Throws where there was no reason to refuse. */
export function endedBy(refused: Refused, during: string): Outcome {
  if (refused.code === 'sold_out' || refused.code === 'sale_closed') return 'soldOut';
  throw new Unexpected(`${during} was refused: ${refused.code} ${refused.detail}`.trim());
}
