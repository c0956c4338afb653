import type WebSocket from 'ws';
import { tokenSigner } from '../../../load/tokens.ts';
import { BrokenInvariant } from '../../failure.ts';
import { openMany, openSocket } from '../../load/sockets/bench-socket.ts';

export interface WatchSetting {
  origin: string;
  saleId: string;
  /** Numbers `[from, to)` of all watchers. */
  from: number;
  to: number;
  localAddress: string;
  /** Null: they only look; else they log in and join, too. */
  authSecret: string | null;
}

/**
 * Of those who watch, one in so many reads what comes while a broadcast is timed. All get it; what the others
 * got lies in the kernel until they read on. On two cores reading costs more than writing does, and the time to
 * the last socket was that of the watchers: they are no part of the system.
 */
const listenersShare = 10;

/** A greeting, a sale and a ticket take no longer, however many come at once. */
const watchesWithinMs = 60_000;

/** When each socket heard a frame, ms since 1970. */
export type Heard = number[];

/** What is listened for; `of`: by how many, all of them without it. */
export interface Hearing {
  text: string;
  withinMs: number;
  of?: number;
}

/** Sockets that watch one sale, in a process of their own. */
export class WatchCrowd {
  #sockets: WebSocket[] = [];
  /** By the frame's text. All sockets hear the same bytes. */
  readonly #heard = new Map<string, Heard>();
  /** The frame that was heard last: comparing it costs less than making text of it. */
  #last: { bytes: Buffer; times: Heard } | null = null;

  /** Opens more sockets; resolves when each of them watches. Rejects where one closes before that, or waits for long. */
  async open({ origin, saleId, from, to, localAddress, authSecret }: WatchSetting): Promise<void> {
    const sign = authSecret === null ? null : tokenSigner(authSecret);
    const opened = await openMany(to - from, async (number) => {
      const token = sign ? sign({ sub: `watcher-${from + number}` }) : null;
      let answers = 0;
      const expected = token === null ? 1 : 3;
      let watches = () => {};
      let fail = (_: Error) => {};
      const isWatching = new Promise<void>((resolve, reject) => {
        watches = resolve;
        fail = reject;
      });
      const socket = await openSocket({
        origin,
        token,
        localAddress,
        // Later on, who did not hear what all should hear is counted.
        onClose: (reason) => fail(new BrokenInvariant(reason)),
        onFrame: (bytes, atMs) => {
          // Its own answers come first: the greeting, the sale, the ticket.
          if (answers < expected) {
            if (/^\{"ev":"(?:ready|sale|ticket)"/.test(bytes.toString())) answers += 1;
            if (answers === expected) watches();
          } else this.#hear(bytes, atMs);
        },
      });
      socket.send(JSON.stringify({ op: 'watch', ref: 1, saleId }));
      if (token !== null) socket.send(JSON.stringify({ op: 'join', ref: 2, saleId }));
      const late = setTimeout(
        () => fail(new BrokenInvariant('a socket was never answered')),
        watchesWithinMs,
      );
      await isWatching.finally(() => clearTimeout(late));
      return socket;
    });
    this.#sockets.push(...opened);
  }

  /** Resolves with the times at which sockets heard a frame that holds `text`, once so many have or time is up. */
  async heard({ text, withinMs, of = this.#sockets.length }: Hearing): Promise<Heard> {
    const untilMs = performance.now() + withinMs;
    for (;;) {
      const frames = [...this.#heard].filter(([frame]) => frame.includes(text));
      const times = frames[0]?.[1] ?? [];
      if (times.length >= of || performance.now() > untilMs) return times;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** From now on only some of them read. Answers how many do. */
  async quieten(): Promise<number> {
    const others = this.#sockets.filter((_, at) => at % listenersShare !== 0);
    for (const socket of others) socket.pause();
    return this.#sockets.length - others.length;
  }

  /** All of them read again. */
  async listen(): Promise<void> {
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    this.#sockets = [];
    this.#heard.clear();
    this.#last = null;
  }

  #hear(bytes: Buffer, atMs: number): void {
    if (!this.#last?.bytes.equals(bytes)) {
      const frame = bytes.toString();
      const times = this.#heard.get(frame) ?? [];
      this.#heard.set(frame, times);
      // Copied: what ws hands over is a slice of a much larger buffer.
      this.#last = { bytes: Buffer.from(bytes), times };
    }
    this.#last.times.push(atMs);
  }
}
