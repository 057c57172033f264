import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTex, TexError, type MathNode } from '../src/markdown/math/parser';

// <tag children> without attributes; a single row is left out.
const show = (n: MathNode | string): string => (typeof n === 'string' ? n : n.tag === 'mi' || n.tag === 'mn' || n.tag === 'mo' || n.tag === 'mtext' ? n.children.join('') : `${n.tag.replace(/^m/, '')}(${n.children.map(show).join(' ')})`);
const body = (tex: string, display = false): string => show(parseTex(tex, display).children[0]!);

const cases: [string, string][] = [
  ['x', 'x'],
  ['a+b', 'row(a + b)'],
  ['x^2_i', 'subsup(x i 2)'],
  ['x^23', 'row(sup(x 2) 3)'],
  ['x^{n+1}', 'sup(x row(n + 1))'],
  ["f''(x)", 'row(sup(f ′′) ( x ))'],
  ['\\frac{a}{b}', 'frac(a b)'],
  ['\\frac12', 'frac(1 2)'],
  ['\\sqrt{x}', 'sqrt(x)'],
  ['\\sqrt[3]{x}', 'root(x 3)'],
  ['\\alpha \\le \\Omega', 'row(α ≤ Ω)'],
  ['\\sum_{i=1}^n i', 'row(subsup(∑ row(i = 1) n) i)'],
  ['\\lim_{x \\to 0} f', 'row(sub(lim row(x → 0)) f)'],
  ['\\left( \\frac{a}{b} \\right)', 'row(( frac(a b) ))'],
  ['\\left\\{ x \\middle| y \\right.', 'row({ row(x | y))'],
  ['\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix}', 'row(( table(tr(td(a) td(b)) tr(td(c) td(d))) ))'],
  ['\\begin{cases} 1 & x \\\\ 0 \\end{cases}', 'row({ table(tr(td(1) td(x)) tr(td(0))))'],
  ['\\begin{aligned} a &= b \\\\ &= c \\end{aligned}', 'table(tr(td(a) td(= b)) tr(td() td(= c)))'],
  ['\\text{if } x', 'row(if\u00a0 x)'],
  ['\\mathbb{R}^n', 'sup(ℝ n)'],
  ['\\mathbf{x}', '𝐱'],
  ['\\vec{v} \\cdot \\hat n', 'row(over(v →) ⋅ over(n ^))'],
  ['\\binom{n}{k}', 'row(( frac(n k) ))'],
  ['\\underbrace{a+b}_{c}', 'under(under(row(a + b) ⏟) c)'],
  ['3.14 \\times 10^{-5}', 'row(3.14 × sup(10 row(− 5)))'],
  ['速度 = v', 'row(速 度 = v)'],
  ['\\unknown{x}', 'row(\\unknown x)'],
  ['', 'row()'],
];
for (const [tex, want] of cases) test(`math: ${tex}`, () => assert.equal(body(tex), want));

test('limits stand above and below where there is room', () => {
  assert.equal(body('\\sum_{i}^n', true), 'underover(∑ i n)');
  assert.equal(body('\\sum\\limits_i'), 'under(∑ i)');
  assert.equal(body('\\int_0^1', true), 'subsup(∫ 0 1)');
});

test('broken formulas are read all the same, and every one ends', () => {
  const broken = ['{', '}', '}{', '&', '\\\\', '^', '_', 'x^', 'x_^', '\\frac', '\\frac{a', '\\sqrt[', '\\left', '\\left(', '\\right)', '\\begin{', '\\begin{pmatrix}', '\\end{x}', '\\begin{x} & \\\\ }', '\\text{', '\\not', '{a & b}', '{a \\\\ b}', '\\left( a & b \\\\ \\right)', '$', '\\', '%x'];
  for (const tex of broken) assert.ok(body(tex) !== undefined, tex);
});

test('only elements and attributes of ours, whatever is written', () => {
  const tags = new Set(['math', 'mrow', 'mi', 'mn', 'mo', 'mtext', 'mspace', 'mfrac', 'msqrt', 'mroot', 'msub', 'msup', 'msubsup', 'munder', 'mover', 'munderover', 'mtable', 'mtr', 'mtd', 'menclose', 'mphantom']);
  const attrs = new Set(['display', 'mathvariant', 'stretchy', 'movablelimits', 'width', 'accent', 'linethickness', 'class', 'notation', 'minsize', 'maxsize', 'fence', 'form', 'displaystyle']);
  const look = (n: MathNode | string): void => {
    if (typeof n === 'string') return;
    assert.ok(tags.has(n.tag), n.tag);
    for (const [name, value] of Object.entries(n.attrs)) assert.ok(attrs.has(name) && /^[\w.\s-]+$/.test(value), `${name}=${value}`);
    n.children.forEach(look);
  };
  for (const tex of [...cases.map((c) => c[0]), '\\href{javascript:alert(1)}{x}', '\\htmlClass{a}{b}', '\\includegraphics{x}', '<img src=x onerror=alert(1)>', '\\text{<script>}', '\\begin{script}x\\end{script}', '\\color{red;x:url(y)}{a}', '\\url{x}', '\\constructor', '\\begin{constructor}a\\end{constructor}', '\\begin{__proto__}a\\end{__proto__}', '\\toString'])
    look(parseTex(tex, true));
});

test('depth and size are bounded', () => {
  for (const tex of ['{'.repeat(5000), '\\sqrt'.repeat(5000), '\\frac{'.repeat(5000), '\\left('.repeat(5000), '\\begin{matrix}'.repeat(5000), 'x^'.repeat(5000), '\\vec'.repeat(5000)]) {
    try {
      parseTex(tex, false);
    } catch (e) {
      assert.ok(e instanceof TexError, `${tex.slice(0, 10)}: ${String(e)}`);
    }
  }
  for (const tex of ['x+'.repeat(5000), '}'.repeat(5000), '&'.repeat(5000), '\\begin{matrix}' + '&'.repeat(5000), '\\begin{matrix}' + '\\\\'.repeat(5000), '\\begin{matrix}' + '\\\\['.repeat(100_000)])
    assert.throws(() => parseTex(tex, false), TexError, tex.slice(0, 20));
});
