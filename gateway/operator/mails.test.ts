import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse, tokenFor } from '../fixtures/house.ts';
import { SocketClient } from '../fixtures/socket-client.ts';

interface Received {
  from: string;
  to: string[];
  raw: string;
}

/** A server that takes mails, or answers a recipient as it is told; `away` are those that it cannot take now. */
async function mailbox() {
  const got: Received[] = [];
  const refusals: number[] = [];
  const away = new Set<string>();
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onRcptTo({ address }, _session, done) {
      const responseCode = away.has(address) ? 451 : refusals.shift();
      done(responseCode ? Object.assign(new Error(`no <${address}> here`), { responseCode }) : null);
    },
    onData(stream, { envelope }, done) {
      text(stream).then((raw) => {
        const from = envelope.mailFrom ? envelope.mailFrom.address : '';
        got.push({ from, to: envelope.rcptTo.map(({ address }) => address), raw });
        done();
      }, done);
    },
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  return { url, got, refusals, away, close: () => new Promise<void>((done) => server.close(() => done())) };
}

let house: House;
let post: Awaited<ReturnType<typeof mailbox>>;
beforeAll(async () => {
  post = await mailbox();
  house = await openHouse({
    SMTP_URL: post.url,
    MAIL_FROM: 'The Shop <orders@shop.example>',
    MAIL_ORDER_URL: 'https://shop.example/orders/{orderId}',
  });
});
afterAll(async () => {
  const undocumented = await house.undocumentedRefusals();
  await house.close();
  await post.close();
  expect(undocumented).toEqual([]);
});

const admin = '/api/v1/admin';
const mails = () => house.operate('GET', `${admin}/mails?limit=100`);

interface ListedMail {
  mailId: string;
  orderId: string;
  kind: string;
  status: string;
  to: string;
  attempts: { status: number | null; error: string | null }[];
}

const mailsOf = (orderId: string, body: { data: ListedMail[] }) =>
  body.data.filter((mail) => mail.orderId === orderId);

/** Asks until the mails of an order are these, by kind, each in that state. */
const until = (orderId: string, kinds: readonly string[], status = 'sent') =>
  house.until(mails, ({ body }) => {
    const mine = mailsOf(orderId, body);
    return (
      mine.every((mail) => mail.status === status) &&
      JSON.stringify(mine.map(({ kind }) => kind).toSorted()) === JSON.stringify(kinds.toSorted())
    );
  });

const pay = (checkoutId: string, buyer: string, email: string | undefined, card: string, key: string) =>
  house.ask('POST', `/checkout/${checkoutId}/pay`, {
    as: buyer,
    email,
    body: { paymentMethod: 'card', paymentToken: card },
    headers: { 'idempotency-key': key, prefer: 'wait=20' },
  });

const address = { name: 'Ana', line1: '1 Main St', city: 'Springfield', postalCode: '12345', country: 'US' };

async function buy(buyer: string, email?: string, item: object = {}): Promise<string> {
  const price = { amount: 49_900, currency: 'USD' };
  const saleId = await house.sale({
    items: [{ sku: 'ps5', title: 'PlayStation 5', price, units: 5, ...item }],
  });
  const { body } = await house.reserve(saleId, buyer, 2);
  await house.ask('PATCH', `/checkout/${body.checkoutId}`, { as: buyer, body: { shippingAddress: address } });
  expect((await pay(body.checkoutId, buyer, email, 'tok_visa', 'k')).status).toBe(201);
  return `ord_${body.checkoutId.slice(4)}`;
}

/** The parts of a mail as its reader sees them. */
function decoded({ raw }: Received) {
  const plain = raw
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/(?:=[0-9A-F]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('=', ''), 'hex').toString());
  const unfolded = raw.replaceAll(/\r\n[ \t]+/g, ' ');
  const header = (name: string) => new RegExp(`^${name}: (.*?)\\r$`, 'im').exec(unfolded)?.[1];
  return { plain, header };
}

const receivedBy = (address: string) => post.got.filter(({ to }) => to.includes(address));

test('a buyer is told of the confirmation, the shipment and each refund, once', async () => {
  const title = '<b>Café</b> & "Co"\r\nBcc: eve@evil.example';
  const orderId = await buy('ana', 'ana@mail.example', { title, price: { amount: 12_345, currency: 'KWD' } });
  await until(orderId, ['confirmation']);
  const [confirmation] = receivedBy('ana@mail.example');
  const { plain, header } = decoded(confirmation as Received);
  expect(confirmation).toMatchObject({ from: 'orders@shop.example', to: ['ana@mail.example'] });
  expect(header('From')).toBe('The Shop <orders@shop.example>');
  expect(header('To')).toBe('ana@mail.example');
  expect(header('Message-ID')).toBe(`<confirmation.${orderId}@shop.example>`);
  expect(header('Bcc')).toBeUndefined();
  const { body: order } = await house.ask('GET', `/orders/${orderId}`, { as: 'ana' });
  expect(header('Subject')).toBe(`Order ${order.orderNumber} is confirmed`);
  expect(plain).toMatch(/ {2}2 × <b>Café<\/b> & "Co" Bcc: eve@evil\.example {2}24\.690 KWD/);
  expect(plain).toContain('2 × &lt;b&gt;Café&lt;/b&gt; &amp; &quot;Co&quot; Bcc: eve@evil.example</td>');
  expect(plain).toMatch(/ {2}Total +24\.690 KWD/);
  expect(plain).toContain(`https://shop.example/orders/${orderId}`);

  for (const step of ['process', 'ship']) {
    expect((await house.operate('POST', `${admin}/orders/${orderId}/${step}`, { body: {} })).status).toBe(
      200,
    );
  }
  for (const [amount, key] of [
    [340, 'r1'],
    [1000, 'r2'],
  ] as const) {
    const refund = await house.operate('POST', `${admin}/orders/${orderId}/refunds`, {
      body: { amount: { amount, currency: 'KWD' }, reason: 'A scratch' },
      headers: { 'idempotency-key': key },
    });
    expect(refund.status).toBe(201);
  }
  const listed = await until(orderId, ['confirmation', 'refund', 'refund', 'shipment']);
  expect(mailsOf(orderId, listed.body).every(({ to }) => to === 'a…@mail.example')).toBe(true);
  const texts = receivedBy('ana@mail.example').map((mail) => decoded(mail).plain);
  expect(texts.filter((one) => one.includes('0.340 KWD went back'))).toHaveLength(1);
  expect(texts.filter((one) => one.includes('1.000 KWD went back'))).toHaveLength(1);
  expect(texts.filter((one) => one.includes('has been shipped'))).toHaveLength(1);
  expect(texts).toHaveLength(4);
});

test('money that a person paid in another way is told as that, without what they noted', async () => {
  const orderId = await buy('oda', 'oda@mail.example');
  await until(orderId, ['confirmation']);
  const database = new pg.Client(house.databaseUrl);
  await database.connect();
  const { rows } = await database.query<{ payment_id: string }>(
    "UPDATE payments SET unresolved = 'a refund failed' WHERE order_id = $1 RETURNING payment_id",
    [orderId],
  );
  await database.end();
  const decision = { outcome: 'captured', reason: 'IBAN from ticket 812', paidBackOutside: 700 };
  const settled = await house.operate('POST', `${admin}/payments/${rows[0]?.payment_id}/settle`, {
    body: decision,
  });
  expect(settled).toMatchObject({ status: 200, body: { unresolved: null } });
  await until(orderId, ['confirmation', 'refund']);
  const texts = receivedBy('oda@mail.example').map((mail) => decoded(mail).plain);
  expect(texts.filter((one) => one.includes('7.00 USD was paid back to you in another way'))).toHaveLength(1);
  expect(texts.filter((one) => one.includes('ticket 812'))).toEqual([]);
  expect((await house.ask('GET', `/orders/${orderId}`, { as: 'oda' })).body.refunds).toMatchObject([
    { status: 'refunded', amount: { amount: 700 }, reason: 'paid back in another way' },
  ]);
});

test('a payment problem is told once, also after two declines', async () => {
  const saleId = await house.sale();
  const { body } = await house.reserve(saleId, 'bea', 1);
  const orderId = `ord_${body.checkoutId.slice(4)}`;
  for (const key of ['one', 'two']) {
    expect((await pay(body.checkoutId, 'bea', 'bea@mail.example', 'tok_declined', key)).status).toBe(402);
  }
  await until(orderId, ['payment_problem']);
  // The confirmation comes after both declines: what is told by then is all.
  expect((await pay(body.checkoutId, 'bea', 'bea@mail.example', 'tok_visa', 'three')).status).toBe(201);
  await until(orderId, ['confirmation', 'payment_problem']);
  const subjects = receivedBy('bea@mail.example').map((mail) => decoded(mail).header('Subject'));
  expect(subjects).toEqual([
    expect.stringMatching(/^Order .* could not be paid$/),
    expect.stringMatching(/^Order .* is confirmed$/),
  ]);
});

test('a problem that was solved before its mail went out is not told', async () => {
  const saleId = await house.sale();
  const { body } = await house.reserve(saleId, 'hal', 1);
  const orderId = `ord_${body.checkoutId.slice(4)}`;
  post.away.add('hal@mail.example');
  expect((await pay(body.checkoutId, 'hal', 'hal@mail.example', 'tok_declined', 'one')).status).toBe(402);
  const tried = await house.until(mails, (answer) =>
    mailsOf(orderId, answer.body).some(({ attempts }) => attempts.length > 0),
  );
  const [problem] = mailsOf(orderId, tried.body);
  expect(problem).toMatchObject({ kind: 'payment_problem', status: 'pending', attempts: [{ status: 451 }] });
  expect((await pay(body.checkoutId, 'hal', 'hal@mail.example', 'tok_visa', 'two')).status).toBe(201);
  post.away.delete('hal@mail.example');
  expect((await house.operate('POST', `${admin}/mails/${problem?.mailId}/resend`)).status).toBe(202);
  const told = await house.until(mails, (answer) => {
    const sent = mailsOf(orderId, answer.body);
    return sent.length === 2 && sent.every(({ status }) => status !== 'pending');
  });
  expect(Object.fromEntries(mailsOf(orderId, told.body).map(({ kind, status }) => [kind, status]))).toEqual({
    payment_problem: 'dropped',
    confirmation: 'sent',
  });
  expect(receivedBy('hal@mail.example').map((mail) => decoded(mail).header('Subject'))).toEqual([
    expect.stringMatching(/ is confirmed$/),
  ]);
});

test('who pays over the socket gets mail, too, and sees there what a coupon took off', async () => {
  const saleId = await house.sale();
  const code = `MAIL-${saleId}`.toUpperCase();
  const coupon = { code, percentOff: 10, onSaleItems: true };
  expect((await house.operate('POST', `${admin}/coupons`, { body: coupon })).status).toBe(201);
  const { body } = await house.reserve(saleId, 'ida', 1);
  const patched = await house.ask('PATCH', `/checkout/${body.checkoutId}`, {
    as: 'ida',
    body: { couponCode: code },
  });
  expect(patched.body.discount).toEqual({ amount: 4_990, currency: 'USD' });
  const token = tokenFor('ida', 'buyer', { email: 'ida@mail.example' });
  const client = await SocketClient.open(house.port, { token });
  const paying = { checkoutId: body.checkoutId, purchaseToken: body.purchaseToken, paymentMethod: 'card' };
  await client.ask({ op: 'pay', ...paying, paymentToken: 'tok_visa', idempotencyKey: 'socket' });
  await until(`ord_${body.checkoutId.slice(4)}`, ['confirmation']);
  client.ws.close();
  const [confirmation] = receivedBy('ida@mail.example');
  const { plain } = decoded(confirmation as Received);
  expect(plain).toMatch(/ {2}Subtotal +499\.00 USD/);
  expect(plain).toMatch(/ {2}Discount +-49\.90 USD/);
  expect(plain).toMatch(/ {2}Total +449\.10 USD/);
});

test('nobody gets mail whose login names no address', async () => {
  const without = await buy('cleo');
  const wrong = await buy('dan', 'dan@mail.example\r\nBcc: eve@evil.example');
  // Events are taken in order, so what came before this one has been looked at.
  const after = await buy('eli', 'eli@mail.example');
  const { body } = await until(after, ['confirmation']);
  expect([...mailsOf(without, body), ...mailsOf(wrong, body)]).toEqual([]);
});

test('what a server cannot take now comes again, and what it refuses for good does not', async () => {
  post.refusals.push(451);
  const later = await buy('fay', 'fay@mail.example');
  const sent = await until(later, ['confirmation']);
  const [mail] = mailsOf(later, sent.body);
  expect(mail?.attempts).toMatchObject([{ status: 451 }, { status: 250, error: null }]);
  expect(JSON.stringify(mail)).not.toContain('fay@');
  expect(receivedBy('fay@mail.example')).toHaveLength(1);
  // By hand, whatever came of it: the same mail, known by its Message-ID.
  expect((await house.operate('POST', `${admin}/mails/${mail?.mailId}/resend`)).status).toBe(202);
  await house.until(mails, ({ body }) => mailsOf(later, body)[0]?.attempts.length === 3);
  const ids = receivedBy('fay@mail.example').map((one) => decoded(one).header('Message-ID'));
  expect(ids).toEqual([`<confirmation.${later}@shop.example>`, ids[0]]);

  post.refusals.push(550);
  const never = await buy('gus', 'gus@mail.example');
  const ended = await until(never, ['confirmation'], 'failed');
  expect(mailsOf(never, ended.body)[0]?.attempts).toMatchObject([{ status: 550 }]);
  expect(receivedBy('gus@mail.example')).toEqual([]);
});

test('a mail that there is not cannot be sent again', async () => {
  expect((await house.operate('POST', `${admin}/mails/mail_none/resend`)).body.code).toBe('mail_not_found');
});
