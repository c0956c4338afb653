/** What the process of the stores tells whoever started it. */
export interface StoresReady {
  kind: 'ready';
  redisUrl: string;
  databaseUrl: string;
}
