import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { TrustedProxies } from '../guard/address.ts';
import type { Limits } from '../guard/limits.ts';
import { Exchange } from '../http/exchange.ts';
import { isRefusal } from '../http/refusal.ts';
import { renderRefusal } from '../http/render.ts';
import { requestIdOf } from '../http/request-headers.ts';
import type { HttpRequest, HttpResponse } from '../http/uws.ts';
import { Connection, type SocketData } from './connection.ts';

export const subprotocol = 'doorbuster.v1';

export interface UpgradeParts {
  proxies: TrustedProxies;
  limits: Limits | null;
  /** Why no socket is taken in at this moment, or null. */
  refusalOfLoad(): Refusal | null;
}

type Context = Parameters<HttpResponse['upgrade']>[4];

/** Lets a handshake through, or refuses it as plain HTTP. Only our own pages may open sockets from a browser. */
export async function upgrade(
  parts: UpgradeParts,
  res: HttpResponse,
  req: HttpRequest,
  context: Context,
): Promise<void> {
  const requestId = requestIdOf(req.getHeader('x-request-id'));
  const key = req.getHeader('sec-websocket-key');
  const extensions = req.getHeader('sec-websocket-extensions');
  const protocols = req
    .getHeader('sec-websocket-protocol')
    .split(',')
    .map((name) => name.trim());
  const isForeign = !isSameOrigin(req.getHeader('origin'), req.getHeader('host'));
  const address = parts.proxies.addressOf(res, req);
  const deadlineMs = Number.POSITIVE_INFINITY;
  const exchange = new Exchange(res, {
    requestId,
    isHead: false,
    isLimited: true,
    isReceiving: false,
    deadlineMs,
    onOver: () => {},
  });
  const refusal =
    parts.refusalOfLoad() ??
    (isForeign ? refuse('forbidden', { detail: 'This origin may not open a socket here.' }) : null) ??
    parts.limits?.address(address)?.refusal;
  if (exchange.isOver) return;
  if (refusal) {
    exchange.send(renderRefusal(refusal, requestId));
    return;
  }
  // The last of all: from here on the socket opens, and is counted until it closes.
  const neighbours = parts.limits?.enter(address) ?? null;
  if (neighbours && isRefusal(neighbours)) {
    exchange.send(renderRefusal(neighbours, requestId));
    return;
  }
  const bearer = protocols.find((name) => name.startsWith('bearer.'));
  const connection = new Connection(bearer?.slice('bearer.'.length), neighbours);
  // Only ours is named in the answer: a token must not come back in a header.
  const chosen = protocols.includes(subprotocol) ? subprotocol : '';
  res.cork(() => res.upgrade<SocketData>({ connection }, key, chosen, extensions, context));
}

/** A client that is no browser sends no origin. */
function isSameOrigin(origin: string, host: string): boolean {
  if (origin === '') return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
