import { type Refusal, refuse } from '../../engine/contracts/errors.ts';
import { newId } from '../../engine/contracts/ids.ts';
import type { ClientFrame, ClientOp } from '../../engine/contracts/wire/socket.ts';
import { lineOf, refusalOfAbsence } from '../guard/absence.ts';
import type { Limits } from '../guard/limits.ts';
import { isRefusal } from '../http/refusal.ts';
import { type Connection, closeCodes } from './connection.ts';
import { encodeError, encodeEvent, readFrame } from './frames.ts';
import { type Answer, type OpParts, ops } from './ops.ts';

export const frameBytesMax = 16 * 1024;

export interface ReceptionParts extends OpParts {
  limits: Limits | null;
  log: { error(details: object, message: string): void };
}

/** Takes a frame from its bytes to its answer. */
export class Reception {
  readonly #parts: ReceptionParts;

  constructor(parts: ReceptionParts) {
    this.#parts = parts;
  }

  /** Must read `bytes` before it returns: uWebSockets.js takes the memory back. Never throws. */
  receive(connection: Connection, bytes: ArrayBuffer, isBinary: boolean): void {
    const reason = reasonToClose(connection, bytes.byteLength, Date.now());
    if (reason) {
      connection.close(reason);
      return;
    }
    const read = isBinary
      ? ({ kind: 'malformed', refusal: notText, ref: undefined } as const)
      : readFrame(Buffer.from(bytes).toString());
    if (read.kind === 'malformed') {
      connection.send(encodeError(read.refusal, read.ref));
      if (connection.countMalformed()) connection.close(closeCodes.malformed);
      return;
    }
    connection.countWellFormed();
    void this.#answer(connection, read.frame);
  }

  async #answer(connection: Connection, frame: ClientFrame<ClientOp>): Promise<void> {
    const answer = await this.#work(connection, frame);
    if (isRefusal(answer)) {
      connection.send(encodeError(answer, frame.ref));
      return;
    }
    connection.send(encodeEvent(answer.ev, answer.body, frame.ref));
    answer.sent?.();
  }

  async #work(connection: Connection, frame: ClientFrame<ClientOp>): Promise<Answer | Refusal> {
    const { limits, log } = this.#parts;
    const op = ops[frame.op];
    try {
      const { presence, neighbours } = connection;
      const allowance =
        op.isBuyers && presence ? limits?.buyer(presence.buyerId) : neighbours && limits?.frame(neighbours);
      if (allowance?.refusal) return allowance.refusal;
      if (op.isBuyers && !presence)
        return refuse('unauthenticated', { detail: 'Log in on this socket first: send auth.' });
      // The row of an op takes the frame of that op; the table's type says so, the compiler cannot follow it.
      return await op.run(this.#parts, connection, frame as never, presence as never);
    } catch (error) {
      const absence = refusalOfAbsence(error);
      if (absence) return absence;
      const requestId = newId('req');
      log.error({ err: error, requestId, op: frame.op }, `an operation failed: ${lineOf(error)}`);
      return refuse('internal_error', { members: { requestId } });
    }
  }
}

function reasonToClose(connection: Connection, frameBytes: number, nowMs: number) {
  if (connection.isFlooding(nowMs)) return closeCodes.flooding;
  if (frameBytes > frameBytesMax) return closeCodes.tooBig;
  return connection.isExpired(nowMs) ? closeCodes.unauthenticated : null;
}

const notText = refuse('invalid_request', { detail: 'Frames are text, not binary.' });
