import type { ObservedSale } from '../../../engine/model/observed/observed-sale.ts';
import type { Facts } from './facts.ts';
import { Violation } from './violation.ts';

/** Something that somebody was told by a gateway or a worker. */
export type Word =
  /** `shown`: index of the ticket that gives that place or an earlier one; null where none was shown, or it may not. */
  | { says: 'place'; buyer: string; index: number; shown: number | null }
  | { says: 'held'; buyer: string; reservation: string }
  /** An order is accepted: 202. */
  | { says: 'accepted'; buyer: string; order: string; key: string }
  | { says: 'confirmed'; buyer: string; order: string }
  /** The final outcome of an idempotency key. */
  | { says: 'final'; buyer: string; operation: string; key: string; status: number; body: unknown };

/**
 * Holds everybody to what was said: it was true, and durable, at the moment at which it was heard, and whoever asks
 * again is told the same.
 */
export class Words {
  #unchecked: Word[] = [];
  readonly #buyerOfIndex = new Map<number, string>();

  say(word: Word): void {
    this.#unchecked.push(word);
  }

  /** `observed` is null where Redis is not believed at this moment. */
  check(facts: Facts, observed: ObservedSale | null): void {
    for (const word of this.#unchecked.splice(0)) this.#check(word, facts, observed);
  }

  #check(word: Word, facts: Facts, observed: ObservedSale | null): void {
    const { buyer } = word;
    switch (word.says) {
      case 'place': {
        const other = this.#buyerOfIndex.get(word.index) ?? buyer;
        this.#buyerOfIndex.set(word.index, buyer);
        if (other !== buyer) {
          throw new Violation('an index is issued once', `${word.index} to ${other} and to ${buyer}`);
        }
        if (word.shown !== null && word.index > word.shown) {
          throw new Violation(
            'a ticket keeps its place',
            `${buyer} showed ${word.shown} and got ${word.index}`,
          );
        }
        return;
      }
      case 'held':
        if (observed && observed.reservations[word.reservation]?.buyerId !== buyer) {
          throw new Violation('held is held', `${buyer} was told of ${word.reservation}, which is not there`);
        }
        return;
      case 'accepted':
        if (!facts.payments.some(({ buyer: by, order }) => by === buyer && order === word.order)) {
          throw new Violation(
            'accepted is durable',
            `${buyer} was told of ${word.order}, which has no payment`,
          );
        }
        return;
      case 'confirmed':
        if (!facts.orders.some(({ id, wasConfirmed }) => id === word.order && wasConfirmed)) {
          throw new Violation('confirmed is committed', `${buyer} was told of ${word.order}`);
        }
        return;
      case 'final': {
        const stored = facts.keys.find(
          (key) => key.buyer === buyer && key.operation === word.operation && key.key === word.key,
        );
        const said = JSON.stringify(word.body);
        if (facts.refusals.some((refusal) => refusal.buyer === buyer && isSame(refusal.body, said))) return;
        if (stored?.status !== word.status || !isSame(stored.body, said)) {
          const detail = `${word.operation} ${word.key} of ${buyer}: said ${word.status} ${said}, stored ${stored?.status} ${stored?.body}`;
          throw new Violation('a key has one outcome', detail);
        }
      }
    }
  }
}

/** The same text, but for the spaces that were in it when it was stored. */
const isSame = (stored: string | null, said: string): boolean =>
  stored !== null && JSON.stringify(JSON.parse(stored)) === said;
