import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Block, Inline } from '../src/markdown/ast';
import { parseMarkdown, splitRow } from '../src/markdown/blocks';
import { parseInline, safeHref } from '../src/markdown/inline';
import { MarkdownStream } from '../src/markdown/stream';

// A short notation for what was parsed, so that a case is one line.
const inl = (nodes: Inline[]): string => nodes.map((n) => {
  switch (n.kind) {
    case 'text': return n.text;
    case 'code': return `<code ${n.text}>`;
    case 'break': return '<br>';
    case 'math': return `<${n.display ? 'M' : 'm'} ${n.tex}>`;
    case 'link': return `<a ${n.href} ${inl(n.children)}>`;
    default: return `<${n.kind} ${inl(n.children)}>`;
  }
}).join('');
const blk = (nodes: Block[]): string => nodes.map((b) => {
  switch (b.kind) {
    case 'paragraph': return `p(${inl(b.children)})`;
    case 'heading': return `h${b.level}(${inl(b.children)})`;
    case 'code': return `code[${b.language}](${b.text})`;
    case 'quote': return `quote(${blk(b.children)})`;
    case 'rule': return 'rule';
    case 'math': return `math(${b.tex})`;
    case 'list': return `${b.ordered ? `ol${b.start}` : 'ul'}${b.tight ? '' : ' loose'}(${b.items.map((i) => (i.checked === null ? '' : i.checked ? '[x]' : '[ ]') + blk(i.children)).join(', ')})`;
    case 'table': return `table[${b.align.map((a) => a ?? '-')}](${[b.head, ...b.rows].map((r) => r.map(inl).join('|')).join(' / ')})`;
  }
}).join(' ');

const inlineCases: [string, string][] = [
  ['plain', 'plain'],
  ['**bold** and *it* and __b__ and _i_', '<strong bold> and <em it> and <strong b> and <em i>'],
  ['***both***', '<em <strong both>>'],
  ['**a *b* c**', '<strong a <em b> c>'],
  ['2 * 3 * 4', '2 * 3 * 4'],
  ['snake_case_name', 'snake_case_name'],
  ['~~gone~~ ~not~', '<del gone> ~not~'],
  ['中文**加粗**中文', '中文<strong 加粗>中文'],
  ['中文**“引号”**中文', '中文<strong “引号”>中文'],
  ['**open', '**open'],
  ['close**', 'close**'],
  ['a ` b', 'a ` b'],
  ['`x` ``a`b`` ` y `', '<code x> <code a`b> <code y>'],
  ['`**no**`', '<code **no**>'],
  ['\\*no\\* \\a', '*no* \\a'],
  ['line  \nbreak\\\nagain\nsoft', 'line<br>break<br>again\nsoft'],
  ['a<br>b', 'a<br>b'],
  ['[t](https://x.example/a_b "title") e', '<a https://x.example/a_b t> e'],
  ['[**b**](https://x.example)', '<a https://x.example <strong b>>'],
  ['[wiki](https://x.example/A_(b))', '<a https://x.example/A_(b) wiki>'],
  ['[t](javascript:alert(1))', 't'],
  ['[t](data:text/html,x) [u](vbscript:x) [v](//x.example) [w](/etc)', 't u v w'],
  ['[no] (https://x.example)', '[no] (<a https://x.example https://x.example>)'],
  ['[a [b](https://x.example) c](https://y.example)', '[a <a https://x.example b> c](<a https://y.example https://y.example>)'],
  ['![alt *t*](https://x.example/i.png)', '<a https://x.example/i.png alt t>'],
  ['see https://x.example/a?b=1&c=2.', 'see <a https://x.example/a?b=1&c=2 https://x.example/a?b=1&c=2>.'],
  ['(https://x.example/a)', '(<a https://x.example/a https://x.example/a>)'],
  ['看https://x.example。好', '看<a https://x.example https://x.example>。好'],
  ['<https://x.example> <mailto:a@x.example>', '<a https://x.example https://x.example> <a mailto:a@x.example a@x.example>'],
  ['<b>html</b> <script>alert(1)</script>', '<b>html</b> <script>alert(1)</script>'],
  ['xhttp://no h http', 'xhttp://no h http'],
  ['$x^2$ and \\(y_1\\)', '<m x^2> and <m y_1>'],
  ['it is $$a*b*c$$ here, \\[d\\] too', 'it is <M a*b*c> here, <M d> too'],
  ['$5 and $6, 3$ 4$, $x $, $ x$', '$5 and $6, 3$ 4$, $x $, $ x$'],
  ['costs $5-$10', 'costs $5-$10'],
  ['$a\\$b$ \\$c$', '<m a\\$b> $c$'],
  ['`$x$` $`', '<code $x$> $`'],
  ['$$ open \\( open \\[ open', '$$ open ( open [ open'],
];
for (const [source, want] of inlineCases) test(`inline: ${source}`, () => assert.equal(inl(parseInline(source)), want));

const blockCases: [string, string][] = [
  ['', ''],
  ['a\nb\n\nc', 'p(a\nb) p(c)'],
  ['# One\n### Three ###\n#no', 'h1(One) h3(Three) p(#no)'],
  ['```js\nlet a;\n\n<b>\n```\nafter', 'code[js](let a;\n\n<b>) p(after)'],
  ['```\nstill being written', 'code[](still being written)'],
  ['~~~~\n```\n~~~~', 'code[](```)'],
  ['  ```\n    x\n  ```', 'code[](  x)'],
  ['- a\n- b\n  - c\n- d', 'ul(p(a), p(b) ul(p(c)), p(d))'],
  ['1. a\n2. b', 'ol1(p(a), p(b))'],
  ['3) a\n4) b', 'ol3(p(a), p(b))'],
  ['1. a\n\n   more\n2. b', 'ol1 loose(p(a) p(more), p(b))'],
  ['1. a\n\n2. b', 'ol1 loose(p(a), p(b))'],
  ['1. a\n   ```\n   x\n   ```\n2. b', 'ol1(p(a) code[](x), p(b))'],
  ['1. a\n   - b\n   - c', 'ol1(p(a) ul(p(b), p(c)))'],
  ['- a\n* b', 'ul(p(a)) ul(p(b))'],
  ['- [x] done\n- [ ] open', 'ul([x]p(done), [ ]p(open))'],
  ['- a\nlazy\n\nafter', 'ul(p(a\nlazy)) p(after)'],
  ['text\n- a', 'p(text) ul(p(a))'],
  ['It was\n1986. A year', 'p(It was\n1986. A year)'],
  ['> a\n> b\n>\n> - c\n\nd', 'quote(p(a\nb) ul(p(c))) p(d)'],
  ['> > deep', 'quote(quote(p(deep)))'],
  ['---\n***\n_ _ _\n--', 'rule rule rule p(--)'],
  ['| a | b |\n|:--|--:|\n| 1 | 2 |\n| 3 |', 'table[left,right](a|b / 1|2 / 3|)'],
  ['a | b\n--|:-:\n`x|y` | z\\|w', 'table[-,center](a|b / <code x|y>|z|w)'],
  ['a | b\nno table', 'p(a | b\nno table)'],
  ['text\n| a |\n|---|\n| 1 |', 'p(text) table[-](a / 1)'],
  ['a\r\nb\rc', 'p(a\nb\nc)'],
  ['-', 'ul()'],
  ['<div>\nhtml\n</div>', 'p(<div>\nhtml\n</div>)'],
  ['$$\na\n- b\n$$\nafter', 'math(a\n- b) p(after)'],
  ['\\[ x = 1 \\]', 'math(x = 1)'],
  ['so:\n\\[\nx\n\\]', 'p(so:) math(x)'],
  ['$$x$$ is inline', 'p(<M x> is inline)'],
  ['$$\nstill being written', 'p($$\nstill being written)'],
  ['$$\nnever closed\n\nafter', 'p($$\nnever closed) p(after)'],
  ['1. a\n   $$\n   x\n   $$', 'ol1(p(a) math(x))'],
];
for (const [source, want] of blockCases) test(`block: ${JSON.stringify(source)}`, () => assert.equal(blk(parseMarkdown(source)), want));

test('only http, https and mailto may be followed', () => {
  for (const good of ['http://x', 'HTTPS://x.example/a', 'mailto:a@b.c']) assert.equal(safeHref(good), good);
  for (const bad of ['javascript:alert(1)', 'java\nscript:x', ' javascript:x', 'data:text/html,x', 'file:///etc/passwd', '//x', '/x', '#x', 'blob:x', 'https:', 'https:///x'])
    assert.equal(safeHref(bad), null, bad);
  assert.equal(safeHref(' https://x\u0000.example\n'), 'https://x.example');
});

test('cells', () => assert.deepEqual(splitRow('| a | `b|c` | \\| |'), ['a', '`b|c`', '|']));

// A stream shows every prefix: none may throw, and none may lose the text that came before.
test('every prefix parses', () => {
  const text = inlineCases.map((c) => c[0]).join('\n\n') + '\n\n' + blockCases.map((c) => c[0]).join('\n\n');
  for (let n = 0; n <= text.length; n++) parseMarkdown(text.slice(0, n));
});

// A text that grows is read the same as one that is read at once, wherever it was cut; and what is settled stays the same object.
test('a growing text gives the blocks of the whole', () => {
  const text = blockCases.map((c) => c[0]).join('\n\n') + '\n\n' + inlineCases.map((c) => c[0]).join('\n');
  for (const step of [1, 3, 7, 50]) {
    const stream = new MarkdownStream();
    let before: Block[] = [];
    for (let n = 0; n <= text.length; n += step) {
      const blocks = stream.read(text.slice(0, n));
      assert.equal(blk(blocks), blk(parseMarkdown(text.slice(0, n))), `step ${step}, ${n}`);
      if (before.length > 20) assert.equal(blocks[before.length - 10], before[before.length - 10]);
      before = blocks;
    }
  }
});

test('another text is read from its beginning', () => {
  const stream = new MarkdownStream();
  stream.read('# One\n\ntwo\n\nthree\n');
  assert.equal(blk(stream.read('# Other\n\ntwo')), 'h1(Other) p(two)');
  assert.equal(blk(stream.read('')), '');
});

test('a long text grows in reasonable time', () => {
  const stream = new MarkdownStream();
  const part = 'A paragraph with **bold** text and `code`, of some length, as they come.\n\n- a list\n- of things\n\n';
  let text = '';
  const begin = performance.now();
  for (let i = 0; i < 1000; i++) for (let k = 0; k < 4; k++) stream.read((text += part.slice((k * part.length) / 4, ((k + 1) * part.length) / 4)));
  // Reading all of it with each piece takes a minute.
  assert.ok(performance.now() - begin < 15000);
});

test('hostile texts are read in reasonable time', () => {
  const n = 20000;
  const texts = ['*a '.repeat(n), '**a _b '.repeat(n), '['.repeat(n), '![a]('.repeat(n), '`'.repeat(n), '` `` ``` '.repeat(n / 3), '> '.repeat(n), '- '.repeat(n),
    '*'.repeat(n), '*_~'.repeat(n), '<'.repeat(n), '[a](b'.repeat(n), '|'.repeat(n) + '\n' + '|-'.repeat(n), 'https://'.repeat(n), '\\'.repeat(n), '- a\n'.repeat(n),
    '1. a\n\n'.repeat(n), '**a*'.repeat(n), '(['.repeat(n) + '](https://x)'.repeat(n), '#'.repeat(n), '- - - '.repeat(n / 4) + 'a', '  \n'.repeat(n), '$a '.repeat(n), '$$'.repeat(n), '\\('.repeat(n), '\\[\n'.repeat(n), '$$\n'.repeat(n), '$a\n'.repeat(n), 'a b\n'.repeat(20 * n)];
  for (const t of texts) {
    const begin = performance.now();
    parseMarkdown(t);
    const ms = performance.now() - begin;
    // A quadratic one takes minutes; the bound is far above what a slow machine needs.
    assert.ok(ms < 20000, `${t.slice(0, 12)} took ${ms} ms`);
  }
});
