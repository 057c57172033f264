// TeX's formulas, as chat models write them, as a tree of MathML elements. The names of elements and attributes all come from this
// file: what stands in the formula only ever becomes text. What it does not know is shown as it was written.
import { lex, type Token } from './lexer';
import { accents, fences, functions, inAlphabet, integrals, isAlphabet, large, letters, limits, operators, spaces, underAccents } from './symbols';

export interface MathNode {
  tag: string;
  attrs: Record<string, string>;
  children: (MathNode | string)[];
}

const DEPTH_MAX = 40;
const NODES_MAX = 4000;

export class TexError extends Error {}

/** Throws a TexError when it is too large or too deep. */
export function parseTex(tex: string, display: boolean): MathNode {
  const body = new Parser(lex(tex), display).all();
  return { tag: 'math', attrs: display ? { display: 'block' } : {}, children: [row(body)] };
}

const node = (tag: string, children: (MathNode | string)[], attrs: Record<string, string> = {}): MathNode => ({ tag, attrs, children });
const row = (children: MathNode[]): MathNode => (children.length === 1 ? children[0]! : node('mrow', children));
const mo = (text: string, attrs?: Record<string, string>): MathNode => node('mo', [text], attrs);
const space = (em: number): MathNode => node('mspace', [], { width: `${em}em` });

const aligned = new Set(['aligned', 'align', 'align*', 'split', 'gathered', 'gather', 'gather*', 'equation', 'equation*', 'eqnarray', 'alignat', 'alignedat']);
const matrices = new Map<string, [string, string]>(Object.entries({
  matrix: ['', ''],
  smallmatrix: ['', ''],
  array: ['', ''],
  pmatrix: ['(', ')'],
  bmatrix: ['[', ']'],
  Bmatrix: ['{', '}'],
  vmatrix: ['|', '|'],
  Vmatrix: ['‖', '‖'],
  cases: ['{', ''],
}));

class Parser {
  private at = 0;
  private depth = 0;
  private made = 0;
  private alphabet: string | null = null;

  constructor(
    private readonly tokens: Token[],
    private readonly display: boolean,
  ) {}

  all(): MathNode[] {
    const out: MathNode[] = [];
    while (this.at < this.tokens.length) {
      out.push(...this.until(() => false));
      this.count();
      if (this.at < this.tokens.length) out.push(mo(this.tokens[this.at++]!.text)); // a brace or an & that nothing opened
    }
    return out;
  }

  private peek(): Token | undefined {
    return this.tokens[this.at];
  }
  private is(kind: Token['kind'], text: string): boolean {
    const t = this.peek();
    return t?.kind === kind && t.text === text;
  }
  private skipSpace(): void {
    while (this.is('char', ' ')) this.at++;
  }

  private count(): void {
    if (++this.made > NODES_MAX) throw new TexError('too large');
  }

  // Until something that ends a row; what it is stays there.
  private until(end: () => boolean): MathNode[] {
    if (++this.depth > DEPTH_MAX) throw new TexError('too deep');
    const out: MathNode[] = [];
    for (;;) {
      this.skipSpace();
      const t = this.peek();
      if (!t || end() || (t.kind === 'char' && (t.text === '}' || t.text === '&')) || (t.kind === 'command' && (t.text === '\\' || t.text === 'end' || t.text === 'right'))) break;
      this.count();
      const atom = this.scripted();
      if (atom) out.push(atom);
    }
    this.depth--;
    return out;
  }

  private scripted(): MathNode | null {
    const t = this.peek()!;
    const bare = t.kind === 'char' && (t.text === '^' || t.text === '_');
    let base = bare ? node('mrow', []) : this.atom();
    if (!base) return null;
    let above = base.attrs['data-limits'] === 'always' || (base.attrs['data-limits'] === 'display' && this.display);
    delete base.attrs['data-limits'];
    let sub: MathNode | null = null;
    let sup: MathNode | null = null;
    for (;;) {
      this.skipSpace();
      if (this.is('command', 'limits')) (above = true), this.at++;
      else if (this.is('command', 'nolimits')) (above = false), this.at++;
      else if (this.is('char', '_') && !sub) this.at++, (sub = this.argument());
      else if (this.is('char', '^') && !sup) this.at++, (sup = this.argument());
      else if (this.is('char', "'")) sup = this.primes(sup);
      else break;
    }
    if (sub && sup) base = node(above ? 'munderover' : 'msubsup', [base, sub, sup]);
    else if (sub) base = node(above ? 'munder' : 'msub', [base, sub]);
    else if (sup) base = node(above ? 'mover' : 'msup', [base, sup]);
    return base;
  }

  private primes(before: MathNode | null): MathNode {
    let marks = '';
    while (this.is('char', "'")) (marks += '′'), this.at++;
    let all = before ? [before, mo(marks)] : [mo(marks)];
    if (this.is('char', '^')) this.at++, (all = [...all, this.argument()]);
    return row(all);
  }

  // What a command takes: a group in braces, or the next thing.
  private argument(): MathNode {
    this.skipSpace();
    if (this.is('char', '{')) return this.group();
    if (!this.peek() || this.is('char', '}') || this.is('char', '&')) return node('mrow', []);
    // x^23 is x squared and a 3.
    const t = this.peek()!;
    if (t.kind === 'number' && t.text.length > 1) {
      this.tokens[this.at] = { kind: 'number', text: t.text.slice(1) };
      return node('mn', [t.text[0]!]);
    }
    if (++this.depth > DEPTH_MAX) throw new TexError('too deep');
    const atom = this.atom() ?? node('mrow', []);
    this.depth--;
    delete atom.attrs['data-limits'];
    return atom;
  }

  private group(): MathNode {
    this.at++;
    const body = this.until(() => false);
    // What cannot stand within a group (an & or a \\) is left out, or it would never end.
    while (this.peek() && !this.is('char', '}') && !this.is('command', 'end') && !this.is('command', 'right')) this.at++, body.push(...this.until(() => false));
    if (this.is('char', '}')) this.at++;
    return row(body);
  }

  private atom(): MathNode | null {
    const t = this.tokens[this.at++]!;
    if (t.kind === 'number') return node('mn', [this.styled(t.text)]);
    if (t.kind === 'command') return this.command(t.text);
    return this.character(t.text);
  }

  private character(c: string): MathNode | null {
    if (c === '{') return this.at--, this.group();
    if (c === '~') return space(0.25);
    if (c === '$') return null;
    if (/\p{L}/u.test(c)) {
      if (this.alphabet === 'mathrm' || /[^\u0000-\u024f\u0370-\u03ff]/u.test(c)) return node('mi', [c], { mathvariant: 'normal' });
      return node('mi', [this.styled(c)]);
    }
    if ('()[]|/'.includes(c)) return mo(c, { stretchy: 'false' });
    return mo(c === '-' ? '−' : c === '*' ? '∗' : c === "'" ? '′' : c);
  }

  private styled(text: string): string {
    return this.alphabet ? inAlphabet(text, this.alphabet) : text;
  }

  private command(name: string): MathNode | null {
    const letter = letters.get(name);
    if (letter) return node('mi', [letter], /^\p{Lu}$/u.test(letter) ? { mathvariant: 'normal' } : {});
    const operator = operators.get(name);
    if (operator) return mo(operator);
    const big = large.get(name);
    if (big) return mo(big, { 'data-limits': 'display' });
    const integral = integrals.get(name);
    if (integral) return mo(integral);
    if (functions.has(name)) return node('mi', [name]);
    if (limits.has(name)) return mo(name.replace(/^lim(?=.)|^arg(?=.)/, '$& '), { 'data-limits': 'display', movablelimits: 'false' });
    const fence = fences.get(name);
    if (fence) return mo(fence, { stretchy: 'false' });
    const gap = spaces.get(name);
    if (gap !== undefined) return space(gap);
    const over = accents.get(name);
    if (over) return this.accent('mover', over, name);
    const under = underAccents.get(name);
    if (under) return this.accent('munder', under, name);
    if (isAlphabet(name)) return this.inAlphabet(name);
    return this.structure(name);
  }

  private accent(tag: string, mark: string, name: string): MathNode {
    const wide = /^(wide|over|under)/.test(name);
    const made = node(tag, [this.argument(), mo(mark, { stretchy: String(wide) })], tag === 'mover' ? { accent: 'true' } : {});
    if (name.endsWith('brace')) made.attrs['data-limits'] = 'always';
    return made;
  }

  private inAlphabet(name: string): MathNode {
    const before = this.alphabet;
    this.alphabet = name;
    const body = this.argument();
    this.alphabet = before;
    return body;
  }

  private structure(name: string): MathNode | null {
    switch (name) {
      case 'frac':
      case 'dfrac':
      case 'tfrac':
      case 'cfrac': return node('mfrac', [this.argument(), this.argument()]);
      case 'binom':
      case 'dbinom':
      case 'tbinom': return row([mo('('), node('mfrac', [this.argument(), this.argument()], { linethickness: '0' }), mo(')')]);
      case 'sqrt': return this.root();
      case 'left': return this.leftRight();
      case 'begin': return this.environment();
      case 'text':
      case 'textrm':
      case 'textbf':
      case 'textit':
      case 'mbox':
      case 'tag': return this.text(name);
      case 'operatorname': return this.operatorName();
      case 'overset':
      case 'stackrel': return this.stacked('mover');
      case 'underset': return this.stacked('munder');
      case 'xrightarrow': return node('mover', [mo('→', { stretchy: 'true' }), this.argument()]);
      case 'xleftarrow': return node('mover', [mo('←', { stretchy: 'true' }), this.argument()]);
      case 'boxed': return node('menclose', [this.argument()], { notation: 'box', class: 'boxed' });
      case 'cancel': return node('menclose', [this.argument()], { notation: 'updiagonalstrike', class: 'cancel' });
      case 'phantom': return node('mphantom', [this.argument()]);
      case 'not': return this.negated();
      case 'pmod': return row([space(0.5), mo('('), node('mi', ['mod']), space(0.3), this.argument(), mo(')')]);
      case 'bmod': return row([space(0.3), node('mi', ['mod']), space(0.3)]);
      case 'mod': return row([space(0.5), node('mi', ['mod']), space(0.3)]);
      case 'color': return this.argument(), null;
      case 'textcolor': return this.argument(), this.argument();
      case 'label': return this.argument(), null;
      default: return quiet.has(name) ? null : sized.test(name) ? this.bigFence() : node('mtext', [name.length > 1 || /[A-Za-z]/.test(name) ? `\\${name}` : name]);
    }
  }

  private root(): MathNode {
    this.skipSpace();
    if (!this.is('char', '[')) return node('msqrt', [this.argument()]);
    this.at++;
    const degree = this.until(() => this.is('char', ']'));
    if (this.is('char', ']')) this.at++;
    return node('mroot', [this.argument(), row(degree)]);
  }

  private delimiter(): string {
    this.skipSpace();
    const t = this.tokens[this.at++];
    if (!t || t.text === '.') return '';
    if (t.kind === 'command') return fences.get(t.text) ?? operators.get(t.text) ?? '';
    return t.text === '<' ? '⟨' : t.text === '>' ? '⟩' : t.text;
  }

  private bigFence(): MathNode {
    return mo(this.delimiter(), { stretchy: 'true', minsize: '1.4em', maxsize: '1.4em' });
  }

  private leftRight(): MathNode {
    const open = this.delimiter();
    const body: MathNode[] = [];
    for (;;) {
      body.push(...this.until(() => this.is('command', 'middle')));
      if (!this.is('command', 'middle')) break;
      this.at++;
      body.push(mo(this.delimiter(), { stretchy: 'true' }));
    }
    let close = '';
    if (this.is('command', 'right')) this.at++, (close = this.delimiter());
    return fenced(open, row(body), close);
  }

  private rawGroup(): string {
    this.skipSpace();
    if (!this.is('char', '{')) return this.tokens[this.at++]?.text ?? '';
    let text = '';
    let open = 0;
    while (this.at < this.tokens.length) {
      const t = this.tokens[this.at++]!;
      if (t.kind === 'char' && t.text === '{' && open++ === 0) continue;
      if (t.kind === 'char' && t.text === '}' && --open === 0) break;
      text += t.kind === 'command' && /^[A-Za-z]/.test(t.text) ? (letters.get(t.text) ?? operators.get(t.text) ?? t.text) : t.text;
    }
    return text;
  }

  private text(name: string): MathNode {
    const text = this.rawGroup().replace(/ /g, '\u00a0');
    if (name === 'tag') return node('mtext', [`\u2003(${text})`]);
    return node('mtext', [text], name === 'textbf' ? { class: 'bold' } : name === 'textit' ? { class: 'italic' } : {});
  }

  private operatorName(): MathNode {
    const star = this.is('char', '*');
    if (star) this.at++;
    return star ? mo(this.rawGroup(), { 'data-limits': 'display', movablelimits: 'false' }) : node('mi', [this.rawGroup()], { mathvariant: 'normal' });
  }

  private stacked(tag: 'mover' | 'munder'): MathNode {
    const mark = this.argument();
    return node(tag, [this.argument(), mark]);
  }

  private negated(): MathNode {
    const what = this.argument();
    const text = what.children[0];
    return typeof text === 'string' ? { ...what, children: [`${text}\u0338`] } : what;
  }

  private environment(): MathNode {
    const name = this.rawGroup();
    const fence = matrices.get(name);
    if (name === 'array' || name.startsWith('alignat') || name === 'alignedat') this.rawGroup(); // columns, or their number
    const rows = this.rows();
    const lines = aligned.has(name);
    const table = node('mtable', rows, { class: lines ? 'aligned' : name === 'cases' ? 'cases' : 'matrix', ...(lines ? { displaystyle: 'true' } : {}) });
    return fence && (fence[0] || fence[1]) ? fenced(fence[0], table, fence[1]) : table;
  }

  private rows(): MathNode[] {
    const rows: MathNode[] = [];
    let cells: MathNode[] = [];
    for (;;) {
      const before = this.at;
      this.count(); // a cell may have nothing in it
      cells.push(node('mtd', this.until(() => false)));
      if (this.is('char', '&')) this.at++;
      else {
        rows.push(node('mtr', cells));
        cells = [];
        if (!this.is('command', '\\')) break;
        this.at++;
        this.rowGap();
        this.skipSpace();
        if (this.is('command', 'end') || !this.peek()) break;
      }
      if (this.at === before) break;
    }
    if (this.is('command', 'end')) this.at++, this.rawGroup();
    return rows;
  }

  // "\\[2pt]"
  private rowGap(): void {
    if (!this.is('char', '[')) return;
    const end = this.tokens.slice(this.at, this.at + 8).findIndex((t) => t.kind === 'char' && t.text === ']');
    if (end > 0) this.at += end + 1;
  }
}

const quiet = new Set(['displaystyle', 'textstyle', 'scriptstyle', 'limits', 'nolimits', 'nonumber', 'notag', 'hline', 'centering', 'rm', 'bf', 'it', 'middle', 'mathstrut', '/']);
const sized = /^[bB]ig+[lrm]?$/;

function fenced(open: string, body: MathNode, close: string): MathNode {
  const fence = (text: string, form: string): MathNode[] => (text ? [mo(text, { fence: 'true', stretchy: 'true', form })] : []);
  return node('mrow', [...fence(open, 'prefix'), body, ...fence(close, 'postfix')]);
}
