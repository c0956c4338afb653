import { standIn } from '../stand-in.ts';

standIn({
  original: new URL('../../../engine/reservation/reserve.ts', import.meta.url),
  replacement: new URL('./reserve.ts', import.meta.url),
});
