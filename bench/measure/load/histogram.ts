import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';

/** Of latencies from 1 µs to 10 min, kept to three digits. */
export const microsecondHistogram = (): Histogram =>
  build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 600_000_000,
    numberOfSignificantValueDigits: 3,
  });

/** From microseconds and how often each was seen, alternating, as wrk.lua prints them. */
export function histogramOf(counts: readonly number[]): Histogram {
  const histogram = microsecondHistogram();
  for (let at = 0; at + 1 < counts.length; at += 2) {
    histogram.recordValueWithCount(Math.max(1, counts[at] as number), counts[at + 1] as number);
  }
  return histogram;
}

/** For another process, or a file: the base64 that every HdrHistogram reads. */
export const encoded = (histogram: Histogram): string => encodeIntoCompressedBase64(histogram);
export const decoded = (text: string): Histogram => decodeFromCompressedBase64(text);

/** Milliseconds below which that percentage lies. */
export const msAt = (histogram: Histogram, percentile: number): number =>
  histogram.getValueAtPercentile(percentile) / 1000;
