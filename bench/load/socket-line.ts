import type { Reserved } from '../../engine/contracts/wire/reservations.ts';
import type { Ticket } from '../../engine/contracts/wire/tickets.ts';
import type { Behaviour } from './behaviour.ts';
import type { Frame } from './frames.ts';
import { Hearing, isFinal } from './hearing.ts';
import {
  type JoinAnswer,
  type Line,
  type PayAnswer,
  type Payment,
  payAnswerOf,
  type ReserveAnswer,
  refusedBy,
  Unexpected,
} from './line.ts';
import { after, pause } from './pause.ts';
import { Questions } from './questions.ts';
import { SocketConnection, type SocketDoor } from './socket-connection.ts';
import type { Tally } from './tally.ts';

/** An outcome is pushed; whoever heard none for so long repeats the payment, which tells it, too. */
const outcomeWithinMs = 10_000;

export interface SocketLineSetting {
  door: SocketDoor;
  behaviour: Behaviour;
  saleId: string;
  sku: string;
  tally: Tally;
  mintToken(): string;
  /** Called when the line cannot go on. */
  broken(error: Error): void;
}

/**
 * A buyer's line over one WebSocket at a time. When the socket is lost it connects again, joins again (the
 * ticket must be the same), watches again and repeats what was not answered: nothing is lost by that.
 */
export class SocketLine implements Line {
  readonly #setting: SocketLineSetting;
  readonly #questions: Questions;
  readonly #heard = new Hearing();
  #connection: SocketConnection | null = null;
  /** Set by a reconnect: pushes may have been missed. */
  #isBack = false;
  #paymentKey = '';
  #hasWatched = false;
  #waiter: { until(): boolean; wake(): void } | null = null;
  #isDropping = false;
  #isClosed = false;

  constructor(setting: SocketLineSetting) {
    this.#setting = setting;
    this.#questions = new Questions({
      send: (frame) => this.#connection?.send(frame) ?? false,
      sentAgain: () => setting.tally.incident('askedAgain'),
      unanswered: (op) => this.#break(`no answer to ${op}`),
    });
  }

  async open(): Promise<void> {
    const { door, behaviour, mintToken, tally } = this.#setting;
    this.#connection = await SocketConnection.open(door, behaviour.showsTokenIn, mintToken(), {
      frame: (frame) => this.#read(frame),
      refused: (reason) => tally.refusal(`connecting: ${reason}`),
      lost: (code) => this.#lost(code),
    });
  }

  async join(): Promise<JoinAnswer> {
    void this.#watch();
    const { saleId, behaviour } = this.#setting;
    const before = this.#heard.ticket;
    const shown = before ? { ticket: before.ticket } : {};
    const frame = await this.#questions.ask({ op: 'join', saleId, ...shown });
    if (frame.ev !== 'ticket') return refusedBy(frame);
    const ticket = frame as unknown as Ticket;
    if (before && before.index !== ticket.index) {
      this.#break(`joining again gave index ${ticket.index} instead of ${before.index}`);
    }
    if (!before && behaviour.dropsAfterMs !== null) after(behaviour.dropsAfterMs, () => this.#drop());
    return { kind: 'ticket', ticket };
  }

  async waitForTurn(): Promise<'called' | 'over'> {
    await this.#until(() => this.#heard.isCalled || this.#heard.isOver);
    return this.#heard.isOver ? 'over' : 'called';
  }

  async reserve(): Promise<ReserveAnswer> {
    const { saleId, sku } = this.#setting;
    this.#heard.isUnitOffered = false;
    this.#isBack = false;
    const items = [{ sku, quantity: 1 }];
    const ticket = this.#heard.ticket?.ticket;
    const frame = await this.#questions.ask({ op: 'reserve', saleId, ticket, items });
    if (frame.ev === 'reserved') return { kind: 'reserved', reserved: frame as unknown as Reserved };
    return frame.ev === 'standby' ? { kind: 'standby' } : refusedBy(frame);
  }

  async waitForUnit(): Promise<'try_again' | 'over'> {
    const heard = this.#heard;
    await this.#until(() => heard.isUnitOffered || this.#isBack || heard.isOver);
    return heard.isOver && !heard.isUnitOffered ? 'over' : 'try_again';
  }

  async pay(payment: Payment): Promise<PayAnswer> {
    if (payment.idempotencyKey !== this.#paymentKey) this.#heard.outcome = null;
    this.#paymentKey = payment.idempotencyKey;
    this.#isBack = false;
    return payAnswerOf(await this.#questions.ask({ op: 'pay', paymentMethod: 'card', ...payment }));
  }

  async waitForOutcome(): Promise<PayAnswer | null> {
    let isLate = false;
    const patience = after(outcomeWithinMs, () => {
      isLate = true;
      this.#wake();
    });
    await this.#until(() => this.#heard.outcome !== null || this.#isBack || isLate);
    clearTimeout(patience);
    const { outcome } = this.#heard;
    // What the bank asks decides nothing: the outcome is still to come.
    if (outcome?.kind === 'asked_by_bank') this.#heard.outcome = null;
    return outcome;
  }

  close(): void {
    this.#isClosed = true;
    this.#questions.forget();
    this.#connection?.close();
  }

  /** In the background: what it brings is heard as it comes. */
  async #watch(): Promise<void> {
    this.#hasWatched = true;
    for (;;) {
      const frame = await this.#questions.ask({ op: 'watch', saleId: this.#setting.saleId });
      if (frame.ev === 'sale') return;
      const refused = refusedBy(frame);
      if (!refused.retryable) return this.#break(`watch was refused: ${refused.code}`);
      await pause(refused.retryAfterMs);
    }
  }

  #read(frame: Frame | null): void {
    if (!frame) {
      this.#break('a frame was no JSON object with ev');
      return;
    }
    this.#heard.hear(frame);
    if (frame.ref !== undefined) this.#questions.answered(frame.ref, frame);
    else if (frame.ev === 'error') this.#break(`an error without ref: ${String(frame.code)}`);
    this.#wake();
  }

  #drop(): void {
    if (this.#isClosed || !this.#connection) return;
    this.#setting.tally.incident('plannedDrops');
    this.#isDropping = true;
    this.#connection.drop();
  }

  #lost(code: number): void {
    this.#connection = null;
    if (this.#isClosed) return;
    if (code >= 4000) {
      this.#break(`the server closed the socket with ${code}`);
      return;
    }
    if (!this.#isDropping) this.#setting.tally.incident('lostConnections');
    this.#isDropping = false;
    this.#comeBack().catch((error: Error) => this.#break(error.message));
  }

  async #comeBack(): Promise<void> {
    const { lastRef } = this.#questions;
    await pause(this.#setting.behaviour.awayMs);
    if (this.#isClosed) return;
    await this.open();
    if (this.#isClosed) return this.#connection?.close();
    // Whoever watches does so on one socket. An answer to `join` that is still to come does not bring it along.
    if (this.#heard.ticket) await this.#joinAgain();
    else if (this.#hasWatched) void this.#watch();
    this.#questions.repeatUpTo(lastRef);
    this.#isBack = true;
    this.#wake();
  }

  async #joinAgain(): Promise<void> {
    for (;;) {
      const joined = await this.join();
      if (joined.kind === 'ticket') return;
      if (isFinal(joined.code)) this.#heard.isOver = true;
      if (!joined.retryable) return;
      await pause(joined.retryAfterMs);
    }
  }

  async #until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      this.#waiter = { until: condition, wake: resolve };
    });
  }

  #wake(): void {
    if (!this.#waiter?.until()) return;
    const { wake } = this.#waiter;
    this.#waiter = null;
    wake();
  }

  #break(reason: string): void {
    if (!this.#isClosed) this.#setting.broken(new Unexpected(reason));
  }
}
