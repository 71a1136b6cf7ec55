// Which kinds and topics there are: GET /kinds and GET /topics/{kind}, page by page.

const pageSize = 100;
const mostPages = 20; // 2,000 topics of a kind; the page shows a few of them at a time

async function json(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status}`);
  return answer.json();
}

/** `{ kinds: [{ kind, delivery }], region? }` */
export async function readKinds(base) {
  const { kinds = [], region } = await json(`${base}/kinds`);
  return { kinds, region };
}

/** The topics of a kind that had an event, in the order of their names with numbers as numbers. */
export async function readTopics(base, kind) {
  const topics = [];
  let after;
  for (let page = 0; page < mostPages; page++) {
    const query = `limit=${pageSize}${after === undefined ? '' : `&after=${encodeURIComponent(after)}`}`;
    const { topics: found = [], next } = await json(`${base}/topics/${kind}?${query}`);
    topics.push(...found.map(({ topic }) => topic));
    if (next === undefined || next === after) break;
    after = next;
  }
  return topics.sort(byName);
}

const collator = new Intl.Collator('en', { numeric: true });
export const byName = (a, b) => collator.compare(a, b);
