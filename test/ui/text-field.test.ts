import { expect, test } from 'vitest';

import { fieldOf, shownField, typed } from '../../src/ui/text-field.ts';

test('what is in a field without having been typed is made visible', () => {
  const field = fieldOf('/a\u001b[31m\n\u202eb\u2028');
  expect(shownField(field, 80)).toEqual(['/a\\e[31m\\n\\u{202e}b\\u{2028}', ' ', '']);
  expect(shownField({ ...field, caret: 2 }, 80)).toEqual(['/a', '\\e', '[31m\\n\\u{202e}b\\u{2028}']);
  expect(shownField(field, 12).join('')).toBe('…}b\\u{2028} ');
});

test('what is pasted is one line without controls', () => {
  expect(typed(fieldOf('a'), 'b\r\nc\u001b[31m\td').text).toBe('ab c[31m d');
});
