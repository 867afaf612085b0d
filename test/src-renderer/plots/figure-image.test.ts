import { expect, test } from 'vitest';
import { styled } from '../../../src-renderer/plots/figure-image.ts';

test('the typeface is the first thing in an SVG, so that its text is measured and drawn in it', () => {
  const source = '<svg class="main-svg" width="3" xmlns="http://www.w3.org/2000/svg"><text>1 &lt; 2</text></svg>';
  const [opening = '', rest = ''] = styled(source, { text: 'AAAA', digits: 'BBBB' }).split('<style>');
  expect(opening).toBe('<svg class="main-svg" width="3" xmlns="http://www.w3.org/2000/svg">');
  expect(rest).toContain('url(data:font/woff2;base64,AAAA)');
  expect(rest).toContain('url(data:font/woff2;base64,BBBB) format("woff2");unicode-range:U+30-39}');
  expect(rest.endsWith('</style><text>1 &lt; 2</text></svg>')).toBe(true);
});
