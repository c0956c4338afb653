// Not the shop's business: an operator opens a sale with public tokens, a buyer reserves in it, and the
// buyer's purchase token is printed. Needs the development logins that embedded Doorbuster offers.
//
//   node play-buyer.js http://localhost:3000 http://localhost:3001 <saleId> <buyerId> > token.txt
const [origin, operatorOrigin, saleId, buyerId] = process.argv.slice(2);

async function post(url, body, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: reply.status, body: await reply.json() };
}

const login = async (sub, role) => (await post(`${origin}/api/v1/auth/dev-token`, { sub, role })).body.token;

const created = await post(
  `${operatorOrigin}/api/v1/admin/sales`,
  {
    id: saleId,
    title: 'A sale that others sell for',
    items: [{ sku: 'ps5', title: 'PlayStation 5', price: { amount: 49900, currency: 'USD' }, units: 100 }],
    opensAt: new Date().toISOString(),
    closesAt: new Date(Date.now() + 3_600_000).toISOString(),
    method: 'none',
    perBuyerLimit: 1,
    holdSeconds: 300,
    claimSeconds: 60,
    perMinute: 1000,
    tokens: 'public',
  },
  await login('the operator', 'admin'),
);
if (created.status !== 201 && created.body.code !== 'sale_exists') fail(created);

const token = await login(buyerId, 'buyer');
let reserved;
// A gateway hears of a new sale within a second.
for (let attempt = 0; attempt < 20; attempt++) {
  reserved = await post(
    `${origin}/api/v1/sales/${saleId}/reservations`,
    { items: [{ sku: 'ps5', quantity: 1 }] },
    token,
  );
  if (reserved.body.purchaseToken) break;
  await new Promise((resolve) => setTimeout(resolve, 250));
}
if (!reserved.body.purchaseToken) fail(reserved);
console.log(reserved.body.purchaseToken);

function fail({ status, body }) {
  console.error(`${status} ${JSON.stringify(body)}`);
  process.exit(1);
}
