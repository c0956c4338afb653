/** What each simulated card does. The names are those of the protocol. */
export type Card =
  | { does: 'capture' }
  | { does: 'decline'; declineCode: string }
  | { does: 'require_action' }
  /** Captures, but whoever asked is not told: the connection hangs until they give up. */
  | { does: 'capture_and_lose_answer' }
  /** Fails inside the provider, without an effect. */
  | { does: 'fail' };

const cards: Readonly<Record<string, Card>> = {
  tok_visa: { does: 'capture' },
  tok_declined: { does: 'decline', declineCode: 'card_declined' },
  tok_insufficient: { does: 'decline', declineCode: 'insufficient_funds' },
  tok_3ds: { does: 'require_action' },
  tok_timeout: { does: 'capture_and_lose_answer' },
  tok_error: { does: 'fail' },
};

/** The card behind a payment method, or null where nobody knows it. */
export const cardOf = (paymentMethod: string): Card | null =>
  Object.hasOwn(cards, paymentMethod) ? (cards[paymentMethod] as Card) : null;
