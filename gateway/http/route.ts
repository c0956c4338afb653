import type Type from 'typebox';
import type { ErrorCode, Refusal } from '../../engine/contracts/errors.ts';
import type { Principal } from '../guard/authentication.ts';
import type { HeaderName } from './answer-headers.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Who may call: anybody; anybody, known where they log in; whoever is logged in; or an operator. */
export type Access = 'public' | 'guest' | 'buyer' | 'admin';

/** Headers that a route asks for; the others are not even read. */
export type AskedHeader = 'idempotency-key' | 'prefer' | 'stripe-signature' | 'x-cart-id';

/** An answer: `body` is sent as JSON; a string goes out as it is, with the `Content-Type` among the headers. */
export interface Reply {
  status: number;
  body?: object | string;
  headers?: Record<string, string>;
}

/** One checked request, as a route's operation sees it. */
export interface Call<Body = unknown, Query = unknown> {
  requestId: string;
  /** Null on a public route, and where a guest calls. */
  principal: Principal | null;
  /** The principal's id; empty where there is none. */
  buyerId: string;
  params: Record<string, string>;
  query: Query;
  body: Body;
  /** What was received, to the byte, where the route takes it so. */
  rawBody: string;
  /** Of the `Stripe-Signature` header, where the route asks for it. */
  signature: string;
  /** Of the `X-Cart-Id` header, where the route asks for it; empty without it. */
  cartId: string;
  /** Present and well-formed where the route asks for it. */
  idempotencyKey: string;
  /** Seconds that `Prefer: wait=N` asks to wait for an outcome, at most 30; 0 without it. */
  waitSeconds: number;
}

export interface ReplyShape {
  description: string;
  schema?: Type.TSchema;
  contentType?: string;
  /** What it carries besides what all such answers do. */
  headers?: readonly HeaderName[];
}

/** A row of the route table: what registers the operation and what documents it are the same data. */
export interface Route {
  method: Method;
  /** As OpenAPI spells it: `/api/v1/sales/{saleId}`. */
  path: string;
  tag: string;
  summary: string;
  description?: string;
  access: Access;
  /** False only for probes, which must be answered when everything else is refused. */
  isLimited: boolean;
  /** False where many come from few addresses, and prove themselves in another way. */
  isAddressLimited: boolean;
  asks: readonly AskedHeader[];
  query?: Type.TObject;
  body?: Type.TObject;
  /** What a body is that the operation reads itself: its bytes are what somebody signed. */
  rawBody?: string;
  /** Of a body, on the operator's plane; 64 KiB without it, and always on the public one. */
  bodyBytesMax?: number;
  /** Public replies that caches may keep for so long; they carry an `ETag`. */
  cacheSeconds?: number;
  replies: Record<number, ReplyShape>;
  /** Codes of the catalogue that this route's own operation refuses with. */
  refusals: readonly ErrorCode[];
  answer(call: Call): Reply | Refusal | Promise<Reply | Refusal>;
}

/** Whether a request to it may bring a body. */
export const takesBody = ({ body, rawBody }: Pick<Route, 'body' | 'rawBody'>): boolean =>
  body !== undefined || rawBody !== undefined;

type Shape<Schema> = Schema extends Type.TSchema ? Type.Static<Schema> : undefined;

/** Types a row: `answer` gets the body and query that its schemas describe. */
export function route<
  Body extends Type.TObject | undefined = undefined,
  Query extends Type.TObject | undefined = undefined,
>(
  row: Omit<Route, 'body' | 'query' | 'answer' | 'isLimited' | 'isAddressLimited' | 'asks' | 'refusals'> &
    Partial<Pick<Route, 'isLimited' | 'isAddressLimited' | 'asks' | 'refusals'>> & {
      body?: Body;
      query?: Query;
      answer(call: Call<Shape<Body>, Shape<Query>>): Reply | Refusal | Promise<Reply | Refusal>;
    },
): Route {
  return { isLimited: true, isAddressLimited: true, asks: [], refusals: [], ...row } as Route;
}
