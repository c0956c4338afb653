import { MultiBar, type SingleBar } from 'cli-progress';

/** The rush at one moment. */
export interface Moment {
  seconds: number;
  buyers: number;
  joined: number;
  waiting: number;
  served: number;
  units: number;
  available: number;
  held: number;
  paying: number;
  sold: number;
  ordersPerSecond: number;
  reserveP99Ms: number;
  confirmP50Ms: number;
  confirmP99Ms: number;
}

export interface LiveView {
  show(moment: Moment): void;
  /** Gives the terminal back as it was; may be repeated. */
  close(): void;
}

/** One block that is refreshed in a terminal, a line every two seconds elsewhere. */
export const liveView = (stream: NodeJS.WriteStream): LiveView =>
  stream.isTTY ? new Block(stream) : new Lines(stream);

const grouped = new Intl.NumberFormat('en-US');
const number = (value: number) => grouped.format(Math.round(value));

const pace = (moment: Moment): string =>
  `${number(moment.ordersPerSecond)} orders/s  reserve p99 ${number(moment.reserveP99Ms)} ms  ` +
  `pay to confirmed p50 ${number(moment.confirmP50Ms)} ms, p99 ${number(moment.confirmP99Ms)} ms`;

class Block implements LiveView {
  readonly #bars: MultiBar;
  #isClosed = false;
  #rows: { joined: SingleBar; served: SingleBar; sold: SingleBar; pace: SingleBar } | null = null;

  constructor(stream: NodeJS.WriteStream) {
    this.#bars = new MultiBar({
      stream,
      format: '  {name} {bar} {text}',
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 24,
      fps: 4,
      // Ctrl-C is the demo's to act upon.
      gracefulExit: false,
      linewrap: true,
    });
  }

  show(moment: Moment): void {
    if (this.#isClosed) return;
    this.#rows ??= {
      joined: this.#bars.create(moment.buyers, 0, { name: 'joined', text: '' }),
      served: this.#bars.create(moment.buyers, 0, { name: 'served', text: '' }),
      sold: this.#bars.create(moment.units, 0, { name: 'sold  ', text: '' }),
      pace: this.#bars.create(1, 0, { text: '' }, { format: '  {text}' }),
    };
    const { joined, served, sold, pace: bottom } = this.#rows;
    joined.update(moment.joined, { text: `${number(moment.joined)} of ${number(moment.buyers)} buyers` });
    served.update(moment.served, {
      text: `${number(moment.served)} called, ${number(moment.waiting)} waiting`,
    });
    sold.update(moment.sold, {
      text:
        `${number(moment.sold)} of ${number(moment.units)}, ${number(moment.held)} held, ` +
        `${number(moment.paying)} paying, ${number(moment.available)} available`,
    });
    bottom.update(0, { text: `${number(moment.seconds)} s  ${pace(moment)}` });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#bars.update();
    this.#bars.stop();
  }
}

const lineEverySeconds = 2;

class Lines implements LiveView {
  readonly #stream: NodeJS.WriteStream;
  #nextAtSeconds = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(moment: Moment): void {
    if (moment.seconds < this.#nextAtSeconds) return;
    this.#nextAtSeconds = moment.seconds + lineEverySeconds - 0.25;
    const counts = (['joined', 'waiting', 'served', 'held', 'paying', 'sold'] as const)
      .map((name) => `${name} ${number(moment[name])}`)
      .join('  ');
    this.#stream.write(`  ${number(moment.seconds).padStart(3)} s  ${counts}  ${pace(moment)}\n`);
  }

  close(): void {}
}
