import { expect, test } from 'vitest';
import { AskedReplies } from '../../src-main/shell/asked-replies.ts';

function fakePage() {
  const received: unknown[] = [];
  const state = { destroyed: false };
  const page = {
    isDestroyed: () => state.destroyed,
    send: (_channel: string, message: unknown) => received.push(message),
  };
  return { page, received, state };
}

test('a reply goes once, to the page that asked', () => {
  const replies = new AskedReplies();
  const [one, other] = [fakePage(), fakePage()];
  replies.expect('a', one.page);
  replies.expect('b', other.page);
  replies.deliver('b', 'channel', 'for the other');
  replies.deliver('a', 'channel', 'for the first');
  replies.deliver('a', 'channel', 'again');
  expect([one.received, other.received]).toEqual([['for the first'], ['for the other']]);
});

test('drops replies to a closed page and to requests of a lost backend', () => {
  const replies = new AskedReplies();
  const [closed, open] = [fakePage(), fakePage()];
  replies.expect('a', closed.page);
  replies.expect('b', open.page);
  closed.state.destroyed = true;
  replies.deliver('a', 'channel', 'late');
  replies.clear();
  replies.deliver('b', 'channel', 'late');
  expect([closed.received, open.received]).toEqual([[], []]);
});
