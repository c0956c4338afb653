import type WebSocket from 'ws';
import { tokenSigner } from '../../../load/tokens.ts';
import { BrokenInvariant } from '../../failure.ts';
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
  /** Share of one core that this process used meanwhile. */
  generatorShare: number;
}

/** No answer takes so long; a gateway that stands still has failed the round. */
const silenceMaxMs = 30_000;

const expected = '{"ev":"reserved"';

/** Buyers with a socket each, who all reserve in one sale after another. */
export class SocketCrowd {
  #sockets: WebSocket[] = [];
  #answered: (text: string) => void = () => {};
  /** Ends whatever is waited for. */
  #fail: (error: Error) => void = () => {};

  /** Resolves when everybody is greeted; rejects where a socket closes before, or for long nobody is greeted. */
  async open({ origin, authSecret, buyers }: CrowdSetting): Promise<void> {
    const sign = tokenSigner(authSecret);
    let greeted = 0;
    await this.#untilDone<void>(async (done, alive) => {
      // The last greeting may come before the last socket is said to be open, or after it.
      const greet = () => {
        alive();
        if (greeted === buyers && this.#sockets.length === buyers) done();
      };
      this.#sockets = await openMany(buyers, (number) =>
        openSocket({
          origin,
          token: sign({ sub: `socket-buyer-${number}` }),
          localAddress: '127.0.0.2',
          onClose: (reason) => this.#fail(new BrokenInvariant(reason)),
          onFrame: (bytes) => {
            const text = bytes.toString();
            if (!text.startsWith('{"ev":"ready"')) return this.#answered(text);
            greeted += 1;
            greet();
          },
        }),
      );
      greet();
    });
  }

  /**
   * Everybody reserves once in each of the sales, so many requests under way at any time. Rejects where a socket
   * closes, or nothing is answered for long: the answers that are missing would never come.
   */
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
    const cpuBefore = process.cpuUsage();
    const startMs = performance.now();
    return this.#untilDone<SocketResult>((done, alive) => {
      const send = () => {
        if (sent === count) return;
        const number = sent++;
        this.#sockets[number % buyers]?.send(`${heads[Math.floor(number / buyers)]},"ref":${number}}`);
      };
      this.#answered = (text) => {
        if (!text.startsWith(expected)) wrong ??= text;
        answers += 1;
        alive();
        if (answers === count) {
          const seconds = (performance.now() - startMs) / 1000;
          const { user, system } = process.cpuUsage(cpuBefore);
          const generatorShare = (user + system) / 1_000_000 / seconds;
          done({ answers, wrong, perSecond: count / seconds, generatorShare });
        } else send();
      };
      for (let first = 0; first < underWay; first++) send();
    });
  }

  /** `begin` gets what ends the wait, and what says that something still happens. */
  #untilDone<Result>(
    begin: (done: (result: Result) => void, alive: () => void) => Promise<void> | void,
  ): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const settled = (settle: () => void) => {
        clearTimeout(silence);
        this.#fail = () => {};
        settle();
      };
      const fail = (error: Error) => settled(() => reject(error));
      const silence = setTimeout(
        () => fail(new BrokenInvariant(`nothing was answered for ${silenceMaxMs} ms`)),
        silenceMaxMs,
      );
      this.#fail = fail;
      Promise.resolve(
        begin(
          (result) => settled(() => resolve(result)),
          () => silence.refresh(),
        ),
      ).catch(fail);
    });
  }
}
