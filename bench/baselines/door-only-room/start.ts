import { standIn } from '../stand-in.ts';

standIn({
  original: new URL('../../../engine/waiting-room/place-book.ts', import.meta.url),
  replacement: new URL('./place-book.ts', import.meta.url),
});
standIn({
  original: new URL('../../../engine/waiting-room/turn-status.ts', import.meta.url),
  replacement: new URL('./turn-status.ts', import.meta.url),
});
