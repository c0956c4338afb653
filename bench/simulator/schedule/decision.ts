import type { ProviderMood } from '../cast/provider.ts';
import type { Fate } from '../runtime/steps.ts';

export const cards = [
  'tok_visa',
  'tok_declined',
  'tok_insufficient',
  'tok_3ds',
  'tok_timeout',
  'tok_error',
] as const;
export type Card = (typeof cards)[number];

/** What a buyer does at a gateway. With `again` it is their last request of that kind once more, key and all. */
export type Visit =
  | { does: 'join' | 'look' | 'leave' | 'release' | 'read orders' | 'give address' | 'return' }
  | { does: 'reserve'; items: string }
  | { does: 'extend'; again: boolean }
  | { does: 'pay'; card: Card; again: boolean }
  | { does: 'cancel'; again: boolean };

export type OperatorAct =
  | { does: 'open' | 'pause' | 'resume' | 'close' }
  | { does: 'set units'; sku: string; units: number }
  | { does: 'process' | 'ship' | 'deliver'; order: number }
  | { does: 'refund'; order: number; amount: number | null; again: boolean }
  | { does: 'approve' | 'reject'; return: number };

/**
 * One choice of a schedule, whole in itself: what is left of a schedule when some of its decisions are taken out
 * is a schedule, too. A decision that has nothing to decide about any more changes nothing.
 */
export type Decision =
  /** The next step of a task happens, or does not, or is not heard of. */
  | { kind: 'step'; task: number; fate: Fate }
  | { kind: 'visit'; task: number; buyer: number; gateway: number; visit: Visit }
  | { kind: 'tick' | 'hear'; task: number; gateway: number }
  | { kind: 'job'; task: number; worker: number; which: 'oldest' | 'newest'; stays: boolean }
  | { kind: 'pass'; task: number; worker: number; pass: string }
  | { kind: 'operate'; task: number; act: OperatorAct }
  | { kind: 'wait'; ms: number }
  /** To the next moment at which something ends, or a little before or after it. */
  | { kind: 'wait for the next end'; offMs: number }
  | { kind: 'crash'; process: string }
  /** What a buyer does on the page of 3-D Secure. */
  | { kind: 'bank'; buyer: number; does: 'complete' | 'refuse' }
  | { kind: 'redis'; fault: 'is copied' | 'restarts' | 'loses everything' | 'falls back to the copy' }
  | { kind: 'provider'; provider: number; mood: ProviderMood };

/** A decision as a person reads it. */
export function sentenceOf(decision: Decision): string {
  switch (decision.kind) {
    case 'step':
      return `${decision.task}: ${fates[decision.fate]}`;
    case 'visit': {
      const { does, ...how } = decision.visit;
      return `${decision.task}: buyer-${decision.buyer} at gateway-${decision.gateway}: ${does}${detailsOf(how)}`;
    }
    case 'tick':
      return `${decision.task}: gateway-${decision.gateway} ticks`;
    case 'hear':
      return `${decision.task}: gateway-${decision.gateway} hears what was published`;
    case 'job':
      return `${decision.task}: worker-${decision.worker} takes the ${decision.which} job${decision.stays ? ', which stays' : ''}`;
    case 'pass':
      return `${decision.task}: worker-${decision.worker} makes its pass "${decision.pass}"`;
    case 'operate': {
      const { does, ...how } = decision.act;
      return `${decision.task}: the operator: ${does}${detailsOf(how)}`;
    }
    case 'wait':
      return `${decision.ms} ms pass`;
    case 'wait for the next end':
      return `time passes to the next end of something${decision.offMs === 0 ? '' : `, and ${decision.offMs} ms`}`;
    case 'crash':
      return `${decision.process} dies`;
    case 'bank':
      return `buyer-${decision.buyer} does 3-D Secure: ${decision.does}`;
    case 'redis':
      return `Redis ${decision.fault}`;
    case 'provider':
      return `provider ${decision.provider} is ${decision.mood}`;
  }
}

const fates: Record<Fate, string> = {
  done: 'goes on',
  lost: 'goes on, and its answer is lost',
  refused: 'does not get through',
};

const detailsOf = (how: object): string => {
  const text = Object.entries(how)
    .filter(([, value]) => value !== false && value !== null)
    .map(([name, value]) => (value === true ? name : `${name} ${value}`))
    .join(', ');
  return text === '' ? '' : ` (${text})`;
};
