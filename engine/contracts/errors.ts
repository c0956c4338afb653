/**
 * The catalogue of everything that Doorbuster refuses with. `retryable` tells a client whether the same
 * request may succeed later without being changed. docs/errors.md is tested against this table.
 */
export const errorCatalogue = {
  invalid_request: { status: 422, retryable: false, title: 'The request is not valid' },
  unauthenticated: { status: 401, retryable: false, title: 'A valid bearer token is required' },
  token_expired: { status: 401, retryable: false, title: 'The bearer token has expired' },
  forbidden: { status: 403, retryable: false, title: 'This caller may not do that' },
  not_found: { status: 404, retryable: false, title: 'There is nothing at this address' },
  method_not_allowed: { status: 405, retryable: false, title: 'This address does not take that method' },
  payload_too_large: { status: 413, retryable: false, title: 'The body is too large' },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    title: 'The body must be application/json, in UTF-8 and no coding',
  },
  request_timeout: { status: 408, retryable: true, title: 'The request took too long to arrive' },
  rate_limited: { status: 429, retryable: true, title: 'Too many requests' },
  internal_error: { status: 500, retryable: true, title: 'Something went wrong on our side' },
  overloaded: { status: 503, retryable: true, title: 'Too busy to take this in' },
  unavailable: { status: 503, retryable: true, title: 'A part that this needs is away' },

  sale_not_found: { status: 404, retryable: false, title: 'There is no such sale' },
  sku_not_found: { status: 404, retryable: false, title: 'Nothing is sold under that SKU here' },
  sale_exists: { status: 409, retryable: false, title: 'A sale with this id exists already' },
  sale_not_open: { status: 409, retryable: true, title: 'The sale is not open yet' },
  sale_paused: { status: 409, retryable: true, title: 'The sale is paused' },
  sale_closed: { status: 410, retryable: false, title: 'The sale is closed' },
  sold_out: { status: 410, retryable: false, title: 'Every unit is sold' },
  invalid_transition: { status: 409, retryable: false, title: 'The present state does not allow that' },
  insufficient_stock: { status: 409, retryable: false, title: 'There is not enough stock' },
  units_in_use: { status: 409, retryable: false, title: 'More units are held or sold than would remain' },

  no_waiting_room: { status: 409, retryable: false, title: 'This sale has no waiting room' },
  room_closed: { status: 409, retryable: false, title: 'The waiting room takes nobody in any more' },
  not_invited: { status: 403, retryable: false, title: 'This sale is by invitation' },
  challenge_required: { status: 428, retryable: true, title: 'A solved challenge is required to join' },
  ticket_not_found: { status: 404, retryable: false, title: 'This buyer has no place in the waiting room' },
  ticket_invalid: { status: 401, retryable: false, title: 'The ticket is not valid for this sale' },
  ticket_not_yours: { status: 403, retryable: false, title: 'The ticket belongs to another buyer' },
  not_your_turn: { status: 409, retryable: true, title: 'It is not your turn yet' },

  turn_used: {
    status: 409,
    retryable: false,
    title: 'This turn has bought already, or its place was given up',
  },

  reservation_exists: { status: 409, retryable: false, title: 'There is a live reservation for other items' },
  reservation_not_found: { status: 404, retryable: false, title: 'There is no such reservation' },
  reservation_expired: { status: 410, retryable: false, title: 'The reservation has ended' },
  buyer_limit_reached: { status: 409, retryable: false, title: 'The limit per buyer is reached' },
  extension_not_allowed: { status: 409, retryable: false, title: 'The reservation cannot be extended' },
  purchase_token_invalid: { status: 401, retryable: false, title: 'The purchase token is not valid here' },
  purchase_token_not_yours: {
    status: 403,
    retryable: false,
    title: 'The purchase token belongs to another buyer',
  },

  cart_not_found: { status: 404, retryable: false, title: 'There is no such cart' },
  checkout_not_found: { status: 404, retryable: false, title: 'There is no such checkout' },
  coupon_not_applicable: { status: 422, retryable: false, title: 'This coupon takes nothing off here' },
  coupon_used_up: { status: 409, retryable: false, title: 'This coupon is used up' },
  coupon_exists: { status: 409, retryable: false, title: 'A coupon with this code exists already' },
  coupon_not_found: { status: 404, retryable: false, title: 'There is no such coupon' },
  order_not_found: { status: 404, retryable: false, title: 'There is no such order' },
  address_required: { status: 409, retryable: false, title: 'The order has no shipping address' },
  return_not_found: { status: 404, retryable: false, title: 'There is no such return' },
  return_window_closed: { status: 409, retryable: false, title: 'The time for returning this is over' },
  refund_exceeds_captured: {
    status: 409,
    retryable: false,
    title: 'That is more than is left of what was paid',
  },
  payment_not_found: { status: 404, retryable: false, title: 'There is no such payment' },
  provider_not_found: { status: 404, retryable: false, title: 'No payment provider is known by that name' },
  webhook_signature_invalid: {
    status: 400,
    retryable: false,
    title: 'The signature is not that of this provider',
  },
  endpoint_not_found: { status: 404, retryable: false, title: 'There is no such webhook endpoint' },
  delivery_not_found: { status: 404, retryable: false, title: 'There is no such delivery' },
  mail_not_found: { status: 404, retryable: false, title: 'There is no such mail' },
  idempotency_key_required: { status: 400, retryable: false, title: 'An Idempotency-Key is required' },
  idempotency_key_in_use: {
    status: 409,
    retryable: true,
    title: 'The first request with this key is still open',
  },
  idempotency_key_reused: { status: 422, retryable: false, title: 'This key was used for another request' },
  payment_declined: { status: 402, retryable: false, title: 'The payment was declined' },
  payment_in_progress: { status: 409, retryable: true, title: 'A payment for this is in progress' },
  payment_abandoned: {
    status: 409,
    retryable: false,
    title: 'This payment attempt was given up; use a new key',
  },
  payment_unavailable: { status: 503, retryable: true, title: 'No payment provider can take this' },
  price_changed: { status: 409, retryable: false, title: 'The total differs from the expected one' },
  already_paid: { status: 409, retryable: false, title: 'This is paid already' },
} as const satisfies Record<string, { status: number; retryable: boolean; title: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

/** What a refusal may carry besides its code. `field` is a dotted path into the request. */
export interface RefusalDetails {
  detail?: string;
  field?: string;
  /** Seconds after which a retry makes sense; sent as `Retry-After`. */
  retryAfterSeconds?: number;
  /** Replaces the catalogue's status: `invalid_request` is 400 where the request could not even be parsed. */
  status?: number;
  /** Members of the problem object that belong to its code, e.g. `{ahead: 12}` for `not_your_turn`. */
  members?: Record<string, unknown>;
}

/** An expected *no*, as a value: it is returned, never thrown. */
export interface Refusal extends RefusalDetails {
  kind: 'refused';
  code: ErrorCode;
}

export function refuse(code: ErrorCode, details: RefusalDetails = {}): Refusal {
  return { kind: 'refused', code, ...details };
}

/** A refusal as it travels, and as it is kept. */
export interface Problem extends Readonly<Record<string, unknown>> {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  retryable: boolean;
  requestId: string;
  field?: string;
}

/** The problem object of RFC 9457 for a refusal; a WebSocket `error` event carries the same without `status`. */
export function problemOf(refusal: Refusal, requestId: string): Problem {
  const entry = errorCatalogue[refusal.code];
  return {
    type: `urn:doorbuster:error:${refusal.code}`,
    title: entry.title,
    status: refusal.status ?? entry.status,
    detail: refusal.detail ?? entry.title,
    code: refusal.code,
    retryable: entry.retryable,
    requestId,
    ...(refusal.field === undefined ? {} : { field: refusal.field }),
    ...refusal.members,
  };
}
