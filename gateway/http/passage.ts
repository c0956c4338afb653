import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import type { Soon } from '../../engine/contracts/soon.ts';
import { refusalOfAbsence } from '../guard/absence.ts';
import { type Authenticate, bearerToken, type Principal } from '../guard/authentication.ts';
import type { Allowance, Limits } from '../guard/limits.ts';
import { type BodyText, parseJson } from './body.ts';
import type { Rendered } from './exchange.ts';
import { queryOf, type ReadyRoute } from './ready-route.ts';
import { isRefusal, refusalReply } from './refusal.ts';
import { headerLine, notStored, render } from './render.ts';
import {
  codingRefusal,
  idempotencyKeyRefusal,
  isJsonType,
  matchesTag,
  waitSecondsOf,
} from './request-headers.ts';
import { type Call, type Reply, takesBody } from './route.ts';

/** What was read from a request while it could be read; a header that was not asked for is empty. */
export interface Arrival {
  requestId: string;
  /** Of the client, whoever vouched for it; empty where nobody is limited by it. */
  address: string;
  params: Record<string, string>;
  query: string;
  authorization: string;
  contentType: string;
  contentEncoding: string;
  /** Null where none was sent. */
  idempotencyKey: string | null;
  prefer: string;
  ifNoneMatch: string;
  signature: string;
  cartId: string;
}

export interface PassageParts {
  authenticate: Authenticate;
  limits: Limits | null;
  log: { error(details: object, message: string): void };
}

/** A body as its operation gets it: the value that it stands for, or its text to the byte. */
interface ReadBody {
  kind: 'read';
  value: unknown;
  raw: string;
}

const noBody: ReadBody = { kind: 'read', value: undefined, raw: '' };
const noQuery: Record<string, unknown> = {};

/**
 * One request on its way: limits, login, role, headers, query, body, schema, then the operation, and the
 * rendering of whatever came of it. The same for all routes.
 *
 * `done` is called once; nothing is ever thrown. None of the steps is an async function: of most requests
 * only the decision is waited for, and each step that waits costs a turn of the microtasks (docs/adr/0014).
 */
export class Passage {
  readonly #ready: ReadyRoute;
  readonly #arrival: Arrival;
  readonly #parts: PassageParts;
  readonly #done: (rendered: Rendered) => void;
  #principal: Principal | null = null;
  #query = noQuery;
  /** Undefined while it has not come; null where the route takes none. */
  #body: BodyText | Refusal | null | undefined;
  #isAdmitted = false;
  #isDone = false;
  /** What the limits say in headers. */
  #policy = '';
  #allowance = '';

  constructor(ready: ReadyRoute, arrival: Arrival, parts: PassageParts, done: (rendered: Rendered) => void) {
    this.#ready = ready;
    this.#arrival = arrival;
    this.#parts = parts;
    this.#done = done;
    this.#body = takesBody(ready.route) ? undefined : null;
  }

  /** Judges what stands before the body, and goes on where there is none to wait for. */
  admit(): void {
    try {
      const login = this.#logIn();
      if (!(login instanceof Promise)) this.#admitted(login);
      else {
        login.then((caller) => this.#admitted(caller)).catch((error: unknown) => this.fail(error));
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** The body of a route that takes one. May come before the login is decided, and after it was refused. */
  takeBody(body: BodyText | Refusal): void {
    this.#body = body;
    if (this.#isAdmitted) this.#answer(body);
  }

  /** A bug is logged with its stack, and not shown. */
  fail(error: unknown): void {
    if (this.#isDone) return;
    const { route } = this.#ready;
    const { requestId } = this.#arrival;
    const absence = refusalOfAbsence(error);
    if (!absence) {
      const details = { err: error, requestId, route: `${route.method} ${route.path}` };
      this.#parts.log.error(details, 'an operation failed');
    }
    this.#finish(refusalReply(absence ?? refuse('internal_error'), requestId));
  }

  /** Null where nobody has to be known. */
  #logIn(): Soon<Principal | Refusal | null> {
    const { route } = this.#ready;
    const { limits, authenticate } = this.#parts;
    if (limits && route.isLimited && route.isAddressLimited) {
      const spent = this.#counted(limits.address(this.#arrival.address));
      if (spent) return spent;
    }
    if (route.access === 'public' || (route.access === 'guest' && this.#arrival.authorization === ''))
      return null;
    const token = bearerToken(this.#arrival.authorization);
    return typeof token === 'string' ? authenticate(token) : token;
  }

  #admitted(caller: Principal | Refusal | null): void {
    const refusal = caller?.kind === 'refused' ? caller : this.#refusalOf(caller);
    if (refusal) {
      this.#settle(refusal);
      return;
    }
    this.#principal = caller as Principal | null;
    this.#isAdmitted = true;
    if (this.#body !== undefined) this.#answer(this.#body);
  }

  #refusalOf(caller: Principal | null): Refusal | null {
    const { route, asksKey, checkQuery } = this.#ready;
    if (caller) {
      if (route.access === 'admin' && caller.role !== 'admin') {
        return refuse('forbidden', { detail: 'This needs the role admin.' });
      }
      const { limits } = this.#parts;
      const spent = limits && route.isLimited ? this.#counted(limits.buyer(caller.buyerId)) : null;
      if (spent) return spent;
    }
    if (asksKey) {
      const refusal = idempotencyKeyRefusal(this.#arrival.idempotencyKey);
      if (refusal) return refusal;
    }
    if (!route.query || !checkQuery) return null;
    this.#query = queryOf(this.#arrival.query, route.query);
    return checkQuery(this.#query);
  }

  /** Notes for the headers what a limit said, and returns its refusal. */
  #counted(allowance: Allowance | null): Refusal | null {
    if (!allowance) return null;
    const isFirst = this.#policy === '';
    this.#policy = isFirst ? allowance.policy : `${this.#policy}, ${allowance.policy}`;
    this.#allowance = isFirst ? allowance.item : `${this.#allowance}, ${allowance.item}`;
    return allowance.refusal;
  }

  #answer(body: BodyText | Refusal | null): void {
    try {
      const read = body ? this.#read(body) : noBody;
      const outcome = read.kind === 'refused' ? read : this.#ready.route.answer(this.#call(read));
      if (!(outcome instanceof Promise)) this.#settle(outcome);
      else {
        outcome.then(
          (settled) => this.#settle(settled),
          (error: unknown) => this.fail(error),
        );
      }
    } catch (error) {
      this.fail(error);
    }
  }

  #read(body: BodyText | Refusal): ReadBody | Refusal {
    // Bytes in a coding are seldom text, and that is not what is wrong with them.
    const isBytes = body.kind === 'text' ? body.text !== '' : body.code === 'invalid_request';
    const coding = isBytes ? codingRefusal(this.#arrival.contentEncoding) : null;
    if (coding) return coding;
    if (body.kind === 'refused') return body;
    const { checkBody, isBodyOptional } = this.#ready;
    if (!checkBody) return { kind: 'read', value: undefined, raw: body.text };
    if (body.text !== '' && !isJsonType(this.#arrival.contentType)) return refuse('unsupported_media_type');
    const json = parseJson(body.text, isBodyOptional);
    if (json.kind === 'refused') return json;
    return checkBody(json.value) ?? { kind: 'read', value: json.value, raw: '' };
  }

  #call({ value, raw }: ReadBody): Call {
    const { requestId, params, signature, cartId, idempotencyKey, prefer } = this.#arrival;
    const principal = this.#principal;
    return {
      requestId,
      principal,
      buyerId: principal?.buyerId ?? '',
      params,
      query: this.#query,
      body: value,
      rawBody: raw,
      signature,
      cartId,
      idempotencyKey: idempotencyKey ?? '',
      waitSeconds: waitSecondsOf(prefer),
    };
  }

  #settle(outcome: Reply | Refusal): void {
    try {
      this.#finish(isRefusal(outcome) ? refusalReply(outcome, this.#arrival.requestId) : outcome);
    } catch (error) {
      this.fail(error);
    }
  }

  #finish(reply: Reply): void {
    const { requestId, ifNoneMatch } = this.#arrival;
    const { tags, route } = this.#ready;
    let rendered = render(reply, requestId);
    if (tags && reply.status === 200 && rendered.body !== null) {
      const tag = tags.of(rendered.body);
      if (matchesTag(ifNoneMatch, tag)) rendered = render(unchanged(reply), requestId);
      rendered.head +=
        headerLine('Cache-Control', `public, max-age=${route.cacheSeconds}`) + headerLine('ETag', tag);
    } else {
      rendered.head += notStored;
    }
    if (this.#policy !== '') {
      rendered.head +=
        headerLine('RateLimit-Policy', this.#policy) + headerLine('RateLimit', this.#allowance);
    }
    this.#isDone = true;
    this.#done(rendered);
  }
}

/** The same without what describes a body. */
function unchanged({ headers = {} }: Reply): Reply {
  const { 'Content-Type': _typeOfNothing, ...others } = headers;
  return { status: 304, headers: others };
}
