import type { MailContent } from './mail.ts';

/** What a mail says, before it has a shape. Everything here may come from strangers, titles above all. */
export interface MailParts {
  subject: string;
  says: readonly string[];
  items: readonly Row[];
  sums: readonly Row[];
  next: string;
  link: string | null;
}

interface Row {
  what: string;
  amount: string;
}

/** The same words as plain text and as simple HTML without anything to load. */
export function rendered(parts: MailParts): MailContent {
  return { subject: oneLine(parts.subject), text: textOf(parts), html: htmlOf(parts) };
}

/** No line break of a title becomes a line of ours. */
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

function textOf({ says, items, sums, next, link }: MailParts): string {
  const rows = [...items, ...sums].map((row) => ({ ...row, what: oneLine(row.what) }));
  const width = Math.max(...rows.map(({ what }) => what.length));
  const shown = rows.map(({ what, amount }) => `  ${what.padEnd(width)}  ${amount}`);
  const lines = [...says.map(oneLine), '', ...shown, '', next, ...(link === null ? [] : ['', link])];
  return `${lines.join('\n')}\n`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => oneLine(text).replaceAll(/[&<>"']/g, (one) => entities[one] ?? one);

function htmlOf({ subject, says, items, sums, next, link }: MailParts): string {
  const paragraph = (text: string) => `<p>${escaped(text)}</p>`;
  const row = ({ what, amount }: Row, tag: 'td' | 'th') =>
    `<tr><${tag} align="left">${escaped(what)}</${tag}><${tag} align="right">${escaped(amount)}</${tag}></tr>`;
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(subject)}</title></head>`,
    '<body style="font-family:sans-serif">',
    `<h1 style="font-size:1.3em">${escaped(subject)}</h1>`,
    ...says.map(paragraph),
    '<table cellpadding="4">',
    ...items.map((one) => row(one, 'td')),
    ...sums.map((one) => row(one, 'th')),
    '</table>',
    paragraph(next),
    ...(link === null ? [] : [`<p><a href="${escaped(link)}">See your order</a></p>`]),
    '</body></html>',
    '',
  ].join('\n');
}
