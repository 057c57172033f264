import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Highlighter, type Line } from '../src/markdown/highlight/highlighter';

const show = (lines: Line[]): string => lines.map((line) => line.map((t) => (t.kind ? `‹${t.kind} ${t.text}›` : t.text)).join('')).join('\n');
const plain = (lines: Line[]): string => lines.map((line) => line.map((t) => t.text).join('')).join('\n');
const read = (language: string, text: string): string => show(Highlighter.for(language)!.read(text));

const cases: [string, string, string][] = [
  ['python', 'def f(x): # c', '‹keyword def› ‹name f›(x): ‹comment # c›'],
  ['python', 'a = """x\ny""" + 1', 'a = ‹string """x›\n‹string y"""› + ‹number 1›'],
  ['js', 'const s = `a\nb` // c', '‹keyword const› s = ‹string `a›\n‹string b`› ‹comment // c›'],
  ['c', '#include <x.h>\nint a = 0x1Fu; /* b\nc */ return', '‹meta #include› <x.h>\n‹type int› a = ‹number 0x1Fu›; ‹comment /* b›\n‹comment c */› ‹keyword return›'],
  ['sh', 'echo "$x # no" # yes', '‹keyword echo› ‹string "$x # no"› ‹comment # yes›'],
  ['json', '{"a": "b", "n": -1.5e3, "t": true}', '{‹attr "a"›: ‹string "b"›, ‹attr "n"›: -‹number 1.5e3›, ‹attr "t"›: ‹keyword true›}'],
  ['sql', "SELECT a FROM t WHERE b = 'x'", "‹keyword SELECT› a ‹keyword FROM› t ‹keyword WHERE› b = ‹string 'x'›"],
  ['html', '<a href="x">b</a>', '‹tag <a› ‹attr href›=‹string "x"›‹tag >›b‹tag </a›‹tag >›'.replace('›‹tag >›b', '›‹tag >›b').replace('‹tag </a›‹tag >›', '‹tag </a>›')],
  ['diff', '+a\n-b\n c', '‹inserted +a›\n‹deleted -b›\n c'],
  ['rust', "fn f<'a>(c: char) { 'x' }", "‹keyword fn› f<‹name 'a›>(c: ‹type char›) { ‹string 'x'› }"],
];
for (const [language, text, want] of cases) test(`${language}: ${JSON.stringify(text)}`, () => assert.equal(read(language, text), want));

test('a language that is not known has no colours', () => {
  assert.equal(Highlighter.for('brainfuck'), null);
  assert.equal(Highlighter.for(''), null);
  assert.ok(Highlighter.for('TypeScript'));
});

test('code that grows has the colours of the whole; finished lines stay the same', () => {
  const text = 'def f():\n    """\n    x = 1\n    """\n    return 2\n';
  const h = Highlighter.for('py')!;
  let first: Line | undefined;
  for (let n = 0; n <= text.length; n++) {
    const lines = h.read(text.slice(0, n));
    assert.equal(show(lines), read('py', text.slice(0, n)));
    assert.equal(plain(lines), text.slice(0, n));
    if (n > 10) assert.equal(lines[0], (first ??= lines[0]));
  }
  assert.equal(show(h.read('other = 1')), read('py', 'other = 1'));
});

test('no text is lost and none takes long, in any language', () => {
  const hostile = ['"'.repeat(5000), '/*'.repeat(5000), "'a".repeat(5000), '<'.repeat(5000), '\\"'.repeat(3000), 'a'.repeat(100000), '`\n'.repeat(3000), '-- '.repeat(3000), '#[' .repeat(3000), 'x: '.repeat(600) + '\n', '${'.repeat(3000), '0x'.repeat(3000)];
  for (const language of 'c cpp js py sh go rust java ruby php swift lua sql json yaml toml html css diff make haskell'.split(' '))
    for (const text of hostile) {
      const begin = performance.now();
      assert.equal(plain(Highlighter.for(language)!.read(text)), text, language);
      assert.ok(performance.now() - begin < 5000, `${language} ${text.slice(0, 10)}`);
    }
});
