import { html, trusted } from './safe-html.js';

test('what a template is given is escaped, in text and in attributes', () => {
  const evil = `"><script>alert('1')</script>&`;
  const escaped = '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;';
  expect(html`<p title="${evil}">${evil}</p>`.markup).toBe(`<p title="${escaped}">${escaped}</p>`);
});

test('markup is kept, lists are joined, nothing leaves nothing, control characters become spaces', () => {
  const value = html`${[html`<b>${1}</b>`, trusted('<i></i>'), 'a\u0000b\u0085\n']}${null}${undefined}${false}`;
  expect(value.markup).toBe('<b>1</b><i></i>a b \n');
});
