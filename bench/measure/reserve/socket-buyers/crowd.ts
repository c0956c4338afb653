import type WebSocket from 'ws';
import { tokenSigner } from '../../../load/tokens.ts';
import { openMany, openSocket } from '../../load/sockets/bench-socket.ts';

export interface CrowdSetting {
  origin: string;
  authSecret: string;
  buyers: number;
}

export interface SocketRound {
  saleIds: string[];
  skus: string[];
  underWay: number;
}

export interface SocketResult {
  answers: number;
  /** The first answer that was not `reserved`, or null. */
  wrong: string | null;
  perSecond: number;
}

const expected = '{"ev":"reserved"';

/** Buyers with a socket each, who all reserve in one sale after another. */
export class SocketCrowd {
  #sockets: WebSocket[] = [];
  #answered: (text: string) => void = () => {};

  async open({ origin, authSecret, buyers }: CrowdSetting): Promise<void> {
    const sign = tokenSigner(authSecret);
    let greeted = 0;
    this.#sockets = await openMany(buyers, (number) =>
      openSocket({
        origin,
        token: sign({ sub: `socket-buyer-${number}` }),
        localAddress: '127.0.0.2',
        onFrame: (bytes) => {
          const text = bytes.toString();
          if (text.startsWith('{"ev":"ready"')) greeted += 1;
          else this.#answered(text);
        },
      }),
    );
    while (greeted < buyers) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Everybody reserves once in each of the sales, so many requests under way at any time. */
  run({ saleIds, skus, underWay }: SocketRound): Promise<SocketResult> {
    const buyers = this.#sockets.length;
    const count = buyers * saleIds.length;
    const heads = saleIds.map((saleId, at) =>
      JSON.stringify({
        op: 'reserve',
        saleId,
        items: [{ sku: skus[at], quantity: 1 }],
      }).slice(0, -1),
    );
    let sent = 0;
    let answers = 0;
    let wrong: string | null = null;
    const startMs = performance.now();
    return new Promise((resolve) => {
      const send = () => {
        if (sent === count) return;
        const number = sent++;
        this.#sockets[number % buyers]?.send(`${heads[Math.floor(number / buyers)]},"ref":${number}}`);
      };
      this.#answered = (text) => {
        if (!text.startsWith(expected)) wrong ??= text;
        answers += 1;
        if (answers === count) {
          const perSecond = (count * 1000) / (performance.now() - startMs);
          resolve({ answers, wrong, perSecond });
        } else send();
      };
      for (let first = 0; first < underWay; first++) send();
    });
  }
}
