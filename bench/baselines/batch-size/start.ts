import { standIn } from '../stand-in.ts';

standIn({
  original: new URL('../../../engine/redis/batcher.ts', import.meta.url),
  replacement: new URL('./batcher.ts', import.meta.url),
});
