import type { Weather } from './conditions.ts';
import type { ProviderEvent } from './event.ts';
import { postWebhook, type WebhookEndpoint } from './post-webhook.ts';

/** What became of the webhooks, a part of the provider's tally. */
export interface WebhookTally {
  /** Things that happened and were to be told. */
  events: number;
  /** Answered with 2xx, the second times included. */
  delivered: number;
  duplicated: number;
  reordered: number;
  late: number;
  /** Attempts that were answered otherwise, or not at all; each is made again. */
  refused: number;
  /** Not delivered yet. */
  pending: number;
  /** Given up. */
  lost: number;
}

/** A webhook that waits for a later one to go out first waits no longer than this. */
const heldBackMsMax = 2_000;
const outageLookMs = 100;
/** Half a second, doubled each time, at most half a minute: about three minutes in all. */
const attemptsMax = 12;
const retryAfterMs = (attempts: number) => Math.min(30_000, 500 * 2 ** (attempts - 1));

/** Tells an endpoint what happened, the way networks and queues do it: late, twice, out of order. */
export class WebhookSender {
  endpoint: WebhookEndpoint | null;
  readonly #weather: Weather;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Those that wait for a later one. */
  #heldBack: (() => void)[] = [];
  readonly #tally: WebhookTally = {
    events: 0,
    delivered: 0,
    duplicated: 0,
    reordered: 0,
    late: 0,
    refused: 0,
    pending: 0,
    lost: 0,
  };

  constructor(weather: Weather, endpoint: WebhookEndpoint | null) {
    this.#weather = weather;
    this.endpoint = endpoint;
  }

  /** `event` is asked for only where somebody is told. */
  tell(event: () => ProviderEvent): void {
    if (!this.endpoint || !this.#weather.conditions.webhooks) return;
    const body = JSON.stringify(event());
    const { delayMs, isTwice, isHeldBack, isLate } = this.#weather.drawPassage();
    this.#tally.events++;
    if (isLate) this.#tally.late++;
    if (isTwice) this.#tally.duplicated++;
    if (isHeldBack) this.#tally.reordered++;
    for (let copy = 0; copy < (isTwice ? 2 : 1); copy++) {
      this.#tally.pending++;
      const send = () => void this.#attempt(body, 1, isHeldBack);
      this.#after(delayMs, isHeldBack ? () => this.#holdBack(send) : send);
    }
  }

  tally(): WebhookTally {
    return { ...this.#tally };
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #holdBack(send: () => void): void {
    this.#heldBack.push(send);
    this.#after(heldBackMsMax, () => this.#letGo());
  }

  #letGo(): void {
    const sends = this.#heldBack;
    this.#heldBack = [];
    for (const send of sends) send();
  }

  async #attempt(body: string, attempts: number, wasHeldBack: boolean): Promise<void> {
    const { endpoint } = this;
    if (!endpoint) return;
    if (this.#weather.conditions.outage) {
      this.#after(outageLookMs, () => void this.#attempt(body, attempts, wasHeldBack));
      return;
    }
    const status = await postWebhook(endpoint, body);
    if (!wasHeldBack) this.#letGo();
    if (status !== null && status >= 200 && status < 300) {
      this.#tally.delivered++;
      this.#tally.pending--;
      return;
    }
    this.#tally.refused++;
    if (attempts < attemptsMax) {
      this.#after(retryAfterMs(attempts), () => void this.#attempt(body, attempts + 1, wasHeldBack));
    } else {
      this.#tally.lost++;
      this.#tally.pending--;
    }
  }

  #after(ms: number, what: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      what();
    }, ms);
    this.#timers.add(timer);
  }
}
