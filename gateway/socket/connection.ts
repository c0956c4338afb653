import type { Neighbours } from '../guard/neighbours.ts';
import type { WebSocket } from '../http/uws.ts';
import type { Presence } from './presence.ts';

/** What a client is told on closing, and what to do about it. */
export const closeCodes = {
  malformed: { code: 4400, reason: 'malformed again and again' },
  unauthenticated: { code: 4401, reason: 'neither authenticated nor watching, or the token expired' },
  flooding: { code: 4429, reason: 'too many frames' },
  tooBig: { code: 1009, reason: 'a frame may have at most 16 KiB' },
  restarting: { code: 1012, reason: 'server restarting; come back, your place is kept' },
} as const;

/** Frames that one socket may send in a window before it is closed. */
const framesMax = 100;
const framesWindowMs = 5_000;
/** Outcomes of payments, and holds, of one buyer that may be told twice at the same time. */
const toldMax = 8;
/** Malformed frames in a row before a socket is closed. */
const malformedMax = 10;

/**
 * What uWebSockets.js keeps with a socket. It copies the members of what it is given onto its own object,
 * and an instance of a class would lose its methods.
 */
export interface SocketData {
  connection: Connection;
}

/**
 * One socket. There are tens of thousands, most of them idle: numbers and references only, and no timer or
 * closure of its own.
 */
export class Connection {
  /** Null before it opened and after it closed: there is nothing to send on. */
  ws: WebSocket<SocketData> | null = null;
  /** Null until somebody logs in. */
  presence: Presence | null = null;
  /** Where whoever is logged in gets mail, as the latest login said. */
  email: string | null = null;
  expiresAtMs = 0;
  /** Came with the handshake, for browsers, which cannot set headers; null once it was looked at. */
  handshakeToken: string | null;
  /** Who shares its address; null where that has no limit. */
  readonly neighbours: Neighbours | null;
  /** How many sales it watches. */
  watched = 0;
  /** Since when it is neither logged in nor watching. */
  idleSinceMs = 0;
  /** What was told here and is not to be again, the newest last; null until there was something. */
  #told: string[] | null = null;
  #malformed = 0;
  #windowEndsMs = 0;
  #frames = 0;

  constructor(handshakeToken: string | null = null, neighbours: Neighbours | null = null) {
    this.handshakeToken = handshakeToken;
    this.neighbours = neighbours;
  }

  /** uWebSockets.js throws when a closed socket is used, and answers may come late. */
  send(text: string): void {
    this.ws?.send(text);
  }

  /**
   * Unless that was told here a moment ago: workers who cannot know whether an outcome was push it again, and what a
   * buyer holds is told to whichever socket asked, too. Nor once `end` was told: whoever says that may be heard before
   * whoever says what came before it.
   */
  sendOnce(text: string, what: string, end: string | null = null): void {
    if (this.#told?.includes(what) || (end !== null && this.#told?.includes(end))) return;
    this.noteTold(what);
    this.send(text);
  }

  noteTold(what: string): void {
    this.#told ??= [];
    this.#told.push(what);
    if (this.#told.length > toldMax) this.#told.shift();
  }

  close({ code, reason }: { code: number; reason: string }): void {
    this.ws?.end(code, reason);
  }

  /** True where the login on this socket has ended. */
  isExpired(nowMs: number): boolean {
    return this.presence !== null && nowMs >= this.expiresAtMs;
  }

  /** True where this frame is one too many. */
  isFlooding(nowMs: number): boolean {
    if (nowMs >= this.#windowEndsMs) {
      this.#windowEndsMs = nowMs + framesWindowMs;
      this.#frames = 0;
    }
    this.#frames += 1;
    return this.#frames > framesMax;
  }

  /** True where this malformed frame is one too many. */
  countMalformed(): boolean {
    this.#malformed += 1;
    return this.#malformed >= malformedMax;
  }

  countWellFormed(): void {
    this.#malformed = 0;
  }
}
