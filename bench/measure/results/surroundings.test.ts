import { expect, test } from 'vitest';
import { fileSystemOf, remarkOn } from './surroundings.ts';

test('where the data lies is told by name, and by number where there is none', () => {
  expect(fileSystemOf('.')).toMatch(/^(?:[a-z0-9]+|0x[0-9a-f]+)$/);
  expect(fileSystemOf('/proc')).toBe('0x9fa0');
});

test('figures of stores that write to memory say so', () => {
  expect(remarkOn({ dataOn: 'tmpfs' })).toContain('appendfsync');
  expect(remarkOn({ dataOn: 'ext4' })).toBeNull();
});
