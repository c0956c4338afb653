import type { Reserved } from '../../engine/contracts/wire/reservations.ts';
import type { Crowd } from '../demo/load-processes.ts';
import { HttpDoor, type HttpReply } from '../load/http-door.ts';
import { pause } from '../load/pause.ts';
import { type Progress, Tally } from '../load/tally.ts';
import { tokenSigner } from '../load/tokens.ts';

export interface PacedSetting {
  origin: string;
  authSecret: string;
  seed: number;
  saleId: string;
  sku: string;
  buyers: number;
  /** They come evenly over that time. */
  arrivalMs: number;
}

/** Whoever is told to come again later than that comes again after it. */
const waitMsMax = 5_000;

/**
 * Buyers of a sale without a waiting room, who come evenly, want one unit each, and pay as soon as they hold it. They
 * come again where they are told to, and with the same key where they cannot know what became of a payment.
 */
export class PacedCrowd {
  readonly #setting: PacedSetting;
  readonly #tally = new Tally();
  readonly #door: HttpDoor;
  readonly #sign: ReturnType<typeof tokenSigner>;
  #isOver = false;

  constructor(setting: PacedSetting) {
    this.#setting = setting;
    this.#door = new HttpDoor(setting.origin, null);
    this.#sign = tokenSigner(setting.authSecret);
  }

  /** Resolves when every buyer has an outcome; after `rushMsMax` whoever has none is unfinished. */
  async run(rushMsMax: number): Promise<Crowd> {
    const { buyers, arrivalMs } = this.#setting;
    const callOff = setTimeout(() => this.kill(), rushMsMax);
    await Promise.all(
      Array.from({ length: buyers }, async (_, number) => {
        await pause((number / buyers) * arrivalMs);
        await this.#buy(number);
      }),
    );
    clearTimeout(callOff);
    return { ...this.#tally.result(), latency: this.#tally.latency };
  }

  progress(): Progress {
    return this.#tally.progress();
  }

  kill(): void {
    this.#isOver = true;
  }

  async #buy(number: number): Promise<void> {
    const tally = this.#tally;
    const buyerId = `paced-${this.#setting.seed}-${number}`;
    tally.joined++;
    try {
      const held = await this.#reserve(buyerId);
      if (!held) return tally.outcome(this.#isOver ? 'unfinished' : 'soldOut');
      tally.sawReserved();
      const orderId = await this.#pay(buyerId, held);
      if (!orderId) return tally.outcome('unfinished');
      tally.sawConfirmed({ buyerId, orderId });
      tally.outcome('confirmed');
    } catch (error) {
      tally.failure((error as Error).message);
      tally.outcome('failed');
    }
  }

  /** What is held; null where everything is sold, or the time is up. */
  async #reserve(buyerId: string): Promise<Reserved | null> {
    const { saleId, sku } = this.#setting;
    const body = { items: [{ sku, quantity: 1 }] };
    while (!this.#isOver) {
      const reply = await this.#ask(buyerId, `/api/v1/sales/${saleId}/reservations`, body);
      if (reply.status === 200 || reply.status === 201) return reply.body as unknown as Reserved;
      if (reply.body.code === 'sold_out') return null;
      await this.#comeAgain(reply);
    }
    return null;
  }

  /** The order; null where the time is up. A hold that was lost with its epoch is begun anew. */
  async #pay(buyerId: string, { checkoutId, reservation }: Reserved): Promise<string | null> {
    const body = { paymentMethod: 'card', paymentToken: 'tok_visa' };
    const headers = { 'Idempotency-Key': `key of ${checkoutId}`, Prefer: 'wait=10' };
    while (!this.#isOver) {
      const reply = await this.#ask(buyerId, `/api/v1/checkout/${checkoutId}/pay`, body, headers);
      if (reply.status === 201) return reply.body.orderId as string;
      if (reply.body.code === 'checkout_not_found' || reply.body.code === 'reservation_expired') {
        const { id: reservationId, expiresAt } = reservation;
        if (reply.body.code === 'reservation_expired') this.#tally.incident('lapsedHolds');
        else this.#tally.sawLost({ buyerId, reservationId, expiresAt, how: 'nobody knew it' });
        const held = await this.#reserve(buyerId);
        return held && this.#pay(buyerId, held);
      }
      await this.#comeAgain(reply);
    }
    return null;
  }

  async #ask(buyerId: string, path: string, body: object, headers = {}): Promise<HttpReply> {
    const authorization = `Bearer ${this.#sign({ sub: buyerId })}`;
    return this.#door.ask('POST', path, { ...headers, Authorization: authorization }, body, () => {
      this.#tally.incident('lostConnections');
    });
  }

  async #comeAgain({ status, retryAfter, body }: HttpReply): Promise<void> {
    if (status !== 202 && retryAfter === undefined) {
      throw new Error(`${status} ${String(body.code)} without a word when to come again`);
    }
    if (status >= 400) this.#tally.refusal(String(body.code));
    this.#tally.incident('askedAgain');
    await pause(Math.min(waitMsMax, Number(retryAfter ?? 1) * 1_000));
  }
}
