import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';

/** What is timed, from the client's side. */
export const measures = [
  /** `join` sent to ticket received. */
  'join',
  /** `reserve` sent to reserved, or standing by. */
  'reserve',
  /** `pay` sent to the order being accepted (202). */
  'pay',
  /** `pay` sent to the order being told confirmed. */
  'confirm',
] as const;
export type Measure = (typeof measures)[number];

/** In milliseconds; all zero where nothing was measured. */
export interface Percentiles {
  count: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

/** One histogram a measure, in microseconds with three digits, up to ten minutes. */
export class Latency {
  readonly #histograms: Record<Measure, Histogram>;

  constructor() {
    const histogram = () =>
      build({
        lowestDiscernibleValue: 1,
        highestTrackableValue: 600_000_000,
        numberOfSignificantValueDigits: 3,
      });
    this.#histograms = { join: histogram(), reserve: histogram(), pay: histogram(), confirm: histogram() };
  }

  record(measure: Measure, ms: number): void {
    this.#histograms[measure].recordValue(Math.min(600_000_000, Math.max(1, Math.round(ms * 1000))));
  }

  /** Adds what another process measured. */
  add(encoded: Record<Measure, string>): void {
    for (const measure of measures)
      this.#histograms[measure].add(decodeFromCompressedBase64(encoded[measure]));
  }

  encoded(): Record<Measure, string> {
    const entries = measures.map((measure) => [
      measure,
      encodeIntoCompressedBase64(this.#histograms[measure]),
    ]);
    return Object.fromEntries(entries);
  }

  percentiles(measure: Measure): Percentiles {
    const histogram = this.#histograms[measure];
    const ms = (us: number) => Math.round(us / 100) / 10;
    const at = (percentile: number) =>
      histogram.totalCount ? ms(histogram.getValueAtPercentile(percentile)) : 0;
    return { count: histogram.totalCount, p50: at(50), p90: at(90), p99: at(99), max: at(100) };
  }
}
