import { expect, it } from 'vitest';
import { FrameReader } from './frames.ts';

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

it('parses a broadcast once for all sockets', () => {
  const reader = new FrameReader();
  const serving = (turn: number) => bytes({ ev: 'serving', saleId: 's', serving: turn });
  const first = reader.read(serving(1));
  expect(reader.read(serving(1))).toBe(first);
  for (let turn = 2; turn < 10; turn++) expect(reader.read(serving(turn))).toMatchObject({ serving: turn });
  expect(reader.read(serving(1))).toEqual(first);
});

it('does not keep what is said to one buyer', () => {
  const reader = new FrameReader();
  const frame = bytes({ ev: 'ticket', ref: 3, index: 17 });
  expect(reader.read(frame)).not.toBe(reader.read(frame));
});

it.each(['', '[]', 'null', '"ready"', '{}', '{"ev":1}'])('refuses %j', (text) => {
  expect(new FrameReader().read(Buffer.from(text))).toBeNull();
});
