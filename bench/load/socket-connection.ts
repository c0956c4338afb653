import WebSocket from 'ws';
import type { Behaviour } from './behaviour.ts';
import { type Frame, FrameReader } from './frames.ts';
import { pause } from './pause.ts';
import { Turnstile } from './turnstile.ts';

/** More handshakes than this at once overflow the listener's backlog, and the system's retries take seconds. */
const handshakesMax = 128;
const attemptsMax = 40;

/** What the sockets of one process share. */
export class SocketDoor {
  readonly reader = new FrameReader();
  readonly handshakes = new Turnstile(handshakesMax);
  readonly url: string;
  readonly options: WebSocket.ClientOptions;

  constructor(origin: string, localAddress: string | null) {
    this.url = `${origin.replace(/^http/, 'ws')}/ws`;
    this.options = {
      perMessageDeflate: false,
      skipUTF8Validation: true,
      handshakeTimeout: 20_000,
      ...(localAddress === null ? {} : { localAddress }),
    };
  }
}

interface Listeners {
  /** Every frame after `ready`; null for what is no frame. */
  frame(frame: Frame | null): void;
  /** A handshake that failed, and is tried again. */
  refused(reason: string): void;
  /** The connection is gone; not called for one that never became ready, nor after `close`. */
  lost(code: number): void;
}

/** One WebSocket that knows who its buyer is. */
export class SocketConnection {
  readonly #socket: WebSocket;
  #isClosed = false;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Connects and shows the token; tries again while the server is too busy for it. Throws in the end. */
  static async open(
    door: SocketDoor,
    showsTokenIn: Behaviour['showsTokenIn'],
    token: string,
    listeners: Listeners,
  ): Promise<SocketConnection> {
    for (let attempt = 1; ; attempt++) {
      await door.handshakes.enter();
      try {
        return await SocketConnection.#handshake(door, showsTokenIn, token, listeners);
      } catch (error) {
        if (attempt === attemptsMax) throw error;
        listeners.refused((error as Error).message);
      } finally {
        door.handshakes.leave();
      }
      await pause(250 + 50 * attempt);
    }
  }

  static #handshake(
    door: SocketDoor,
    showsTokenIn: Behaviour['showsTokenIn'],
    token: string,
    listeners: Listeners,
  ): Promise<SocketConnection> {
    const protocols = showsTokenIn === 'subprotocol' ? ['doorbuster.v1', `bearer.${token}`] : [];
    const socket = new WebSocket(door.url, protocols, door.options);
    const connection = new SocketConnection(socket);
    return new Promise((resolve, reject) => {
      let isReady = false;
      let failure = 'closed before it was ready';
      socket.on('open', () => {
        if (showsTokenIn === 'frame') connection.send({ op: 'auth', ref: 0, token });
      });
      socket.on('message', (bytes: Buffer) => {
        const frame = door.reader.read(bytes);
        if (isReady) {
          listeners.frame(frame);
        } else if (frame?.ev === 'ready') {
          isReady = true;
          resolve(connection);
        } else if (frame?.ev === 'error') {
          failure = `auth was refused: ${String(frame.code)}`;
          socket.close();
        }
      });
      socket.on('error', (error) => {
        failure = error.message;
      });
      socket.on('close', (code) => {
        if (!isReady) reject(new Error(failure));
        else if (!connection.#isClosed) listeners.lost(code);
      });
    });
  }

  /** False where it is no longer open. */
  send(frame: object): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** As a phone that lost its network: no goodbye. `lost` is called. */
  drop(): void {
    this.#socket.terminate();
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.close(1000);
  }
}
