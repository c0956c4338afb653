import type { Histogram } from 'hdr-histogram-js';

/** One request, sent over and over in a closed loop, each time as another buyer. */
export interface Load {
  origin: string;
  method: 'GET' | 'POST';
  path: string;
  /** JSON; empty where the request has no body. */
  body: string;
  /** One token a line; null where nobody has to say who they are. */
  tokensFile: string | null;
  /** After the last buyer the first one comes again. Otherwise no buyer comes twice. */
  again: boolean;
  /** Another line of the head, e.g. `If-None-Match: "…"`. */
  header: string | null;
  /** `success`: a code under 400, and what was taken proves which; else every answer is to have that status. */
  expects: 'success' | number;
  connections: number;
  seconds: number;
}

export interface LoadResult {
  requests: number;
  perSecond: number;
  /** Head and body. */
  bytesPerAnswer: number;
  p50Ms: number;
  p99Ms: number;
  histogram: Histogram;
  /** Requests that may have been decided without their answer being counted, because the time was up. */
  underWayMax: number;
  /** Share of one core that the generator, which has one thread, used: near 1 it was what held things up. */
  generatorShare: number;
  /** Share of the time in which it could have run and had no core; where it is not known, it is left out. */
  generatorDelayShare?: number;
}

export type Generator = (load: Load) => Promise<LoadResult>;
