import type { Frame } from './frames.ts';
import { after } from './pause.ts';

const answerWithinMs = 10_000;
const sendingsMax = 6;

interface Question {
  frame: { op: string; ref: number };
  sendings: number;
  overdue: NodeJS.Timeout | undefined;
  answer(frame: Frame): void;
}

/** What one buyer has asked over a socket and not heard an answer to; sent again until there is one. */
export class Questions {
  readonly #open = new Map<number, Question>();
  readonly #send: (frame: object) => boolean;
  readonly #sentAgain: () => void;
  readonly #unanswered: (op: string) => void;
  #ref = 0;

  /**
   * `unanswered` is told of a question that stayed without an answer for a minute, over a connection that lasted;
   * `send` says whether there is one.
   */
  constructor(on: {
    send(frame: object): boolean;
    sentAgain(): void;
    unanswered(op: string): void;
  }) {
    this.#send = on.send;
    this.#sentAgain = on.sentAgain;
    this.#unanswered = on.unanswered;
  }

  ask(body: { op: string; [member: string]: unknown }): Promise<Frame> {
    return new Promise((resolve) => {
      const ref = ++this.#ref;
      const question: Question = {
        frame: { ...body, ref },
        sendings: 0,
        overdue: undefined,
        answer: resolve,
      };
      this.#open.set(ref, question);
      this.#ask(question);
    });
  }

  answered(ref: number, frame: Frame): void {
    const question = this.#open.get(ref);
    if (!question) return;
    clearTimeout(question.overdue);
    this.#open.delete(ref);
    question.answer(frame);
  }

  /** Sends what was asked up to that `ref` and is still open: the socket that it went over is gone. */
  repeatUpTo(ref: number): void {
    for (const question of this.#open.values()) {
      if (question.frame.ref > ref) continue;
      // Whoever was to answer died before: whether this one does is another matter.
      if (question.sendings > 1) question.sendings = 1;
      this.#ask(question);
    }
  }

  get lastRef(): number {
    return this.#ref;
  }

  forget(): void {
    for (const question of this.#open.values()) clearTimeout(question.overdue);
    this.#open.clear();
  }

  #ask(question: Question): void {
    clearTimeout(question.overdue);
    if (question.sendings === sendingsMax) {
      this.#unanswered(question.frame.op);
      return;
    }
    if (this.#send(question.frame)) {
      if (question.sendings > 0) this.#sentAgain();
      question.sendings++;
    }
    question.overdue = after(answerWithinMs, () => this.#ask(question));
  }
}
