/** POSTs of one body to one path, each by another buyer. */
export interface Load {
  origin: string;
  path: string;
  body: string;
  /** One token a line; no buyer comes twice. */
  tokensFile: string;
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
  /** Requests that may have been decided without their answer being counted, because the time was up. */
  underWayMax: number;
}

export type Generator = (load: Load) => Promise<LoadResult>;
