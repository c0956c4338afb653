import { type LiveSale, remainingUnits } from '../../engine/contracts/sale.ts';
import type { SaleState } from '../../engine/contracts/states.ts';
import type { SaleDirectory } from '../../engine/surface.ts';
import type { TemplatedApp, WebSocket } from '../http/uws.ts';
import { encodeEvent } from './frames.ts';

/** What the watchers of a sale were told last. */
interface Told {
  sale: LiveSale;
  state: SaleState;
  serving: number;
  perMinute: number;
  remaining: number;
  /** When the next frame about what moves may go out, on this process's monotonic clock. */
  nextAtMs: number;
}

/**
 * What one copy of a frame costs this process, about, and the share of its time that copies may take. With
 * 16,000 watchers and four frames a second both cores of a small machine did nothing else: a reserve took
 * 1.5 s at the median. Whoever is called, sold out or paused is told apart from this, at once.
 */
const copyMs = 0.01;
const shareMax = 0.2;

const topicPrefix = 'sale/';
export const topicOf = (saleId: string): string => `${topicPrefix}${saleId}`;

/** The sales that a socket watches. */
export const watchedOn = (ws: Pick<WebSocket<unknown>, 'getTopics'>): string[] =>
  ws.getTopics().map((topic) => topic.slice(topicPrefix.length));

/**
 * One small frame for all who watch a sale: written once, copied by uWebSockets.js. States go out as they
 * change; what moves all the time goes out with the next pass, and only where it did change.
 */
export class Broadcasts {
  readonly #app: TemplatedApp;
  readonly #told = new Map<string, Told>();

  constructor(app: TemplatedApp, sales: SaleDirectory) {
    this.#app = app;
    for (const sale of sales.list()) this.#follow(sale);
    sales.onChange((sale) => this.#follow(sale));
    sales.onNotice((saleId, text) => {
      this.#publish(saleId, encodeEvent('notice', { saleId, text }));
    });
  }

  /** Tells what has changed since the last pass. */
  runOnce(): void {
    for (const told of this.#told.values()) {
      const { config, snapshot } = told.sale;
      const { serving, perMinute } = snapshot;
      const remaining = remainingUnits(snapshot);
      if (serving === told.serving && perMinute === told.perMinute && remaining === told.remaining) continue;
      if (performance.now() < told.nextAtMs) continue;
      const copies = this.#app.numSubscribers(topicOf(config.id));
      const nextAtMs = performance.now() + (copies * copyMs) / shareMax;
      Object.assign(told, { serving, perMinute, remaining, nextAtMs });
      this.#publish(config.id, encodeEvent('serving', { saleId: config.id, serving, perMinute, remaining }));
    }
  }

  #follow(sale: LiveSale): void {
    const saleId = sale.config.id;
    const { state, serving, perMinute } = sale.snapshot;
    const told = this.#told.get(saleId);
    if (!told) {
      // Nobody can be watching a sale that was not known: `watch` itself says where it stands.
      this.#told.set(saleId, {
        sale,
        state,
        serving,
        perMinute,
        remaining: remainingUnits(sale.snapshot),
        nextAtMs: 0,
      });
      return;
    }
    told.sale = sale;
    if (state === told.state) return;
    const hasOpened = state === 'open' && (told.state === 'scheduled' || told.state === 'waiting');
    told.state = state;
    if (hasOpened) {
      const { drawSeed = null, preEntrants = null } = sale.draw ?? {};
      this.#publish(saleId, encodeEvent('opened', { saleId, drawSeed, preEntrants }));
    }
    this.#publish(saleId, encodeEvent('state', { saleId, state }));
  }

  #publish(saleId: string, text: string): void {
    this.#app.publish(topicOf(saleId), text);
  }
}
