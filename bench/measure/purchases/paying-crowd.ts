import { decoded } from '../load/histogram.ts';
import type { Part } from '../part.ts';
import { auditDrained, BenchSale } from '../sales.ts';
import type { Subject } from '../subject.ts';
import { auditSold } from './audit-sold.ts';
import type { Payments, PaymentsResult, Reservations } from './buyers/payments.ts';
import { cpuBetween, cpuByProgram } from './processes.ts';
import { whenRelayed } from './when-relayed.ts';

/** Enough for the provider's 50 ms and all that waits in a queue at several thousand orders a second. */
const underWay = 512;

/** Connections that reserve: what comes before is not measured, and needs no more. */
const reserving = 128;

export interface Paid {
  saleId: string;
  orders: number;
  perSecond: number;
  seconds: number;
  pay: ReturnType<typeof decoded>;
  /** Of the process that the buyers are in. */
  generatorCpuSeconds: number;
  /** Share of all cores that were busy meanwhile. */
  machineShare: number;
  /** Of the whole system, by program, until all that was paid is relayed. */
  cpuSeconds: Map<string, number>;
}

/** Buyers of one system who hold their units already, and only have to pay. */
export class PayingCrowd {
  readonly #subject: Subject;
  readonly #buyers: Part;
  readonly #sold: { sale: BenchSale; count: number }[] = [];

  constructor(subject: Subject, buyers: Part) {
    this.#subject = subject;
    this.#buyers = buyers;
  }

  /** That many buyers reserve in a sale of their own, and then pay, all of them: measured is what it takes to pay. */
  async pay(orders: number, { perSecond, waits }: Pick<Payments, 'perSecond' | 'waits'>): Promise<Paid> {
    const { origin, authSecret } = this.#subject;
    const sale = await BenchSale.create(this.#subject);
    await sale.known(origin);
    const { id: saleId, sku } = sale;
    await this.#buyers.ask({
      kind: 'reservations',
      ...{ origin, authSecret, saleId, sku, prefix: saleId },
      ...{ buyers: orders, underWay: reserving, perSecond: null },
    } satisfies Reservations);
    // What is left to do for the holds is no cost of the orders.
    await auditDrained(sale, { min: orders, max: orders });
    const before = cpuByProgram(this.#subject);
    const payments: Payments = { kind: 'payments', origin, saleId, underWay, perSecond, waits };
    const result = await this.#buyers.ask<PaymentsResult>(payments);
    const after = await whenRelayed(sale, () => cpuByProgram(this.#subject));
    this.#sold.push({ sale, count: orders });
    return {
      saleId,
      orders,
      perSecond: orders / result.seconds,
      seconds: result.seconds,
      pay: decoded(result.pay),
      generatorCpuSeconds: result.cpuSeconds,
      machineShare: result.machineShare,
      cpuSeconds: cpuBetween(before, after),
    };
  }

  /** Throws unless exactly what was paid is sold, and nothing is left behind. */
  async audit(): Promise<void> {
    for (const { sale, count } of this.#sold) await auditSold(sale, count);
    this.#sold.length = 0;
  }
}
