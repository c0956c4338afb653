import { expect, test } from 'vitest';
import { refusalOfText, searchable } from './writable-text.ts';

const fieldOf = (json: string) => refusalOfText(json, JSON.parse(json))?.field ?? null;

test('a text that no store can keep is named', () => {
  expect(fieldOf('{"title":"a\\u0000"}')).toBe('title');
  expect(fieldOf('{"shippingAddress":{"name":"a","city":"\\ud800"}}')).toBe('shippingAddress.city');
  expect(fieldOf('{"items":[{"sku":"a"},{"sku":"b\\udc00"}]}')).toBe('items.1.sku');
  expect(fieldOf('{"a\\u0000":1}')).toBe('body');
  expect(refusalOfText('{"title":"a\\u0000"}', { title: 'a\0' })).toMatchObject({ code: 'invalid_request' });
});

test('escapes that are characters pass', () => {
  expect(fieldOf('{"title":"\\u00fc \\ud83d\\ude00 \\\\u0000","n":null,"list":[1,true]}')).toBeNull();
  expect(fieldOf('{"title":"ü"}')).toBeNull();
});

test('what is looked up has no NUL', () => {
  expect(searchable('a\0b\0')).toBe('a\ufffdb\ufffd');
  expect(searchable('ps5')).toBe('ps5');
});
