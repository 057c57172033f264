// Inline Markdown: code, emphasis, links, line breaks. One pass from left to right makes a flat list of pieces; brackets
// and runs of * _ ~ are closed by stacks, so that no text makes it quadratic.
import type { Inline } from './ast';

interface Run {
  kind: 'run';
  char: string;
  count: number;
  open: boolean;
  close: boolean;
}
interface Bracket {
  kind: 'bracket';
  text: string;
}
type Piece = Inline | Run | Bracket;

const ESCAPABLE = /[!-/:-@[-`{-~]/;
const SPACE = /\s/;
const PUNCTUATION = /[\p{P}\p{S}]/u;
// What ends a plain stretch of text. Letters only begin a link when they are the h of http.
const STOPS = /[\\`*_~[\]!<\nh$]/;
const MAX_DEPTH = 24;
const MATH_CHARS_MAX = 4000;
const INLINE_MATH_MAX = 400;

/** Only these may be followed; anything else is shown as the text that it is. */
export function safeHref(href: string): string | null {
  const compact = href.replace(/[\u0000-\u0020\u007f-\u009f\u200b-\u200f\u2028-\u202f\ufeff]/g, '');
  return /^(https?:\/\/[^/]|mailto:[^/])/i.test(compact) ? compact : null;
}

class Scanner {
  pieces: Piece[] = [];
  brackets: number[] = []; // places of open brackets in pieces
  pending = '';
  pos = 0;
  // Lengths of backtick runs known to have no partner further right: searched once each.
  unclosedTicks = new Set<number>();
  unclosedMath = new Set<string>();

  constructor(readonly text: string) {}

  flush(): void {
    if (this.pending) this.pieces.push({ kind: 'text', text: this.pending });
    this.pending = '';
  }

  push(piece: Piece): void {
    this.flush();
    this.pieces.push(piece);
  }

  scan(): Inline[] {
    while (this.pos < this.text.length) {
      const rest = this.text.slice(this.pos, this.pos + 256);
      const plain = rest.search(STOPS);
      if (plain !== 0) {
        const n = plain < 0 ? rest.length : plain;
        this.pending += rest.slice(0, n);
        this.pos += n;
        continue;
      }
      this.special(this.text[this.pos]!);
    }
    this.flush();
    return closeRuns(this.pieces);
  }

  special(char: string): void {
    switch (char) {
      case '\\': return this.escape();
      case '`': return this.code();
      case '*':
      case '_':
      case '~': return this.run(char);
      case '[': return this.openBracket('[');
      case '!':
        if (this.text[this.pos + 1] === '[') return this.openBracket('![');
        return this.literal(1);
      case ']': return this.closeBracket();
      case '<': return this.angle();
      case '$': return this.dollars();
      case '\n': return this.newline();
      default: return this.bareLink();
    }
  }

  literal(n: number): void {
    this.pending += this.text.slice(this.pos, this.pos + n);
    this.pos += n;
  }

  escape(): void {
    const next = this.text[this.pos + 1];
    if ((next === '(' && this.math('\\(', '\\)', false)) || (next === '[' && this.math('\\[', '\\]', true))) return;
    if (next === '\n') {
      this.push({ kind: 'break' });
      this.pos += 2;
    } else if (next && ESCAPABLE.test(next)) {
      this.pending += next;
      this.pos += 2;
    } else this.literal(1);
  }

  code(): void {
    const open = /^`+/.exec(this.text.slice(this.pos, this.pos + 64))![0];
    const n = open.length;
    if (!this.unclosedTicks.has(n)) {
      let at = this.pos + n;
      while ((at = this.text.indexOf(open, at)) >= 0) {
        let end = at;
        while (this.text[end] === '`') end++;
        if (end - at === n) {
          let inner = this.text.slice(this.pos + n, at).replace(/\n/g, ' ');
          if (inner.startsWith(' ') && inner.endsWith(' ') && inner.trim()) inner = inner.slice(1, -1);
          this.push({ kind: 'code', text: inner });
          this.pos = end;
          return;
        }
        at = end;
      }
      this.unclosedTicks.add(n);
    }
    this.literal(n);
  }

  /** A formula from here to the mark that closes it, if there is one. */
  math(open: string, close: string, display: boolean): boolean {
    if (this.unclosedMath.has(close)) return false;
    const from = this.pos + open.length;
    const to = this.text.indexOf(close, from);
    if (to < 0) this.unclosedMath.add(close);
    if (to < 0 || to - from > MATH_CHARS_MAX || !this.text.slice(from, to).trim()) return false;
    this.push({ kind: 'math', tex: this.text.slice(from, to).trim(), display });
    this.pos = to + close.length;
    return true;
  }

  // Between single dollars there is a formula when no space is beside them within, and no digit after: "$5 and $6" is money.
  dollars(): void {
    if (this.text[this.pos + 1] === '$') {
      if (!this.math('$$', '$$', true)) this.literal(2);
      return;
    }
    const m = /^\$(?![\s$])((?:[^$\\\n]|\\.|\n(?!\n))+?)(?<![\s\\])\$(?![\d$])/.exec(this.text.slice(this.pos, this.pos + INLINE_MATH_MAX));
    // So is "$6, or 7$".
    if (!m || (/^\d[\d.,]*\s/.test(m[1]!) && !/[\\^_=+<>*/-]/.test(m[1]!))) return this.literal(1);
    this.push({ kind: 'math', tex: m[1]!, display: false });
    this.pos += m[0].length;
  }

  run(char: string): void {
    let end = this.pos;
    while (this.text[end] === char) end++;
    const before = this.text[this.pos - 1] ?? ' ';
    const after = this.text[end] ?? ' ';
    // CommonMark's flanking rules (§6.2); CJK text has no spaces, so punctuation beside it must not forbid emphasis.
    const left = !SPACE.test(after) && (!PUNCTUATION.test(after) || SPACE.test(before) || PUNCTUATION.test(before) || isCjk(before));
    const right = !SPACE.test(before) && (!PUNCTUATION.test(before) || SPACE.test(after) || PUNCTUATION.test(after) || isCjk(after));
    const inWord = char === '_';
    const open = left && (!inWord || !right || PUNCTUATION.test(before));
    const close = right && (!inWord || !left || PUNCTUATION.test(after));
    const count = end - this.pos;
    if (char === '~' && count !== 2) this.literal(count);
    else {
      this.push({ kind: 'run', char, count, open, close });
      this.pos = end;
    }
  }

  openBracket(text: string): void {
    this.flush();
    if (this.brackets.length < MAX_DEPTH) this.brackets.push(this.pieces.length);
    this.pieces.push({ kind: 'bracket', text });
    this.pos += text.length;
  }

  closeBracket(): void {
    const at = this.brackets.pop();
    if (at === undefined) return this.literal(1);
    this.flush();
    const bracket = this.pieces[at] as Bracket;
    const target = destination(this.text, this.pos + 1);
    if (!target) return this.literal(1);
    const children = closeRuns(this.pieces.splice(at).slice(1));
    const href = safeHref(target.href);
    const image = bracket.text === '![';
    const shown: Inline[] = children.length ? children : [{ kind: 'text', text: target.href }];
    // An image is shown as a link: the page loads nothing from elsewhere. A link that may not be followed stays text.
    if (href) this.pieces.push({ kind: 'link', href, children: image ? plainText(shown) : shown });
    else this.pieces.push(...shown);
    this.pos = target.end;
    this.brackets.length = image ? this.brackets.length : 0; // no links within links
  }

  angle(): void {
    const m = /^<((?:https?:\/\/|mailto:)[^\s<>]{1,2000})>/i.exec(this.text.slice(this.pos, this.pos + 2048));
    const href = m && safeHref(m[1]!);
    if (m && href) {
      this.push({ kind: 'link', href, children: [{ kind: 'text', text: m[1]!.replace(/^mailto:/i, '') }] });
      this.pos += m[0].length;
      return;
    }
    const br = /^<br\s*\/?>/i.exec(this.text.slice(this.pos, this.pos + 8));
    if (br) {
      this.push({ kind: 'break' });
      this.pos += br[0].length;
    } else this.literal(1);
  }

  newline(): void {
    if (this.text.endsWith('  ', this.pos)) {
      this.pending = this.pending.replace(/ +$/, '');
      this.push({ kind: 'break' });
    } else this.pending += '\n';
    this.pos++;
  }

  bareLink(): void {
    const before = this.text[this.pos - 1];
    if ((before && /[A-Za-z0-9_]/.test(before)) || this.brackets.length) return this.literal(1);
    const m = /^https?:\/\/[^\s<>"'`\u3000-\u303f\uff00-\uffef]{3,2000}/.exec(this.text.slice(this.pos, this.pos + 2048));
    if (!m) return this.literal(1);
    let url = m[0].replace(/[?!.,:;*_~]+$/, '');
    while (url.endsWith(')') && count(url, ')') > count(url, '(')) url = url.slice(0, -1);
    const href = safeHref(url);
    if (!href) return this.literal(1);
    this.push({ kind: 'link', href, children: [{ kind: 'text', text: url }] });
    this.pos += url.length;
  }
}

const isCjk = (c: string): boolean => /[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]/.test(c);
const count = (s: string, c: string): number => s.split(c).length - 1;

function destination(text: string, at: number): { href: string; end: number } | null {
  const m = /^\(\s*(?:<([^<>\n]{0,2000})>|((?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.){0,500}\)){0,2000}))(?:\s+(?:"[^"]{0,500}"|'[^']{0,500}'))?\s*\)/.exec(
    text.slice(at, at + 3000),
  );
  return m ? { href: (m[1] ?? m[2] ?? '').replace(/\\([!-/:-@[-`{-~])/g, '$1'), end: at + m[0].length } : null;
}

function plainText(nodes: Inline[]): Inline[] {
  const text = (n: Inline): string => ('text' in n ? n.text : 'tex' in n ? n.tex : 'children' in n ? n.children.map(text).join('') : ' ');
  return [{ kind: 'text', text: nodes.map(text).join('') }];
}

const literalOf = (p: Run | Bracket): Inline => ({ kind: 'text', text: p.kind === 'run' ? p.char.repeat(p.count) : p.text });

// Pairs runs of delimiters with the nearest opener of the same kind, innermost first.
function closeRuns(pieces: Piece[]): Inline[] {
  const out: Piece[] = [];
  const openers: number[] = []; // places in out of runs that may open
  for (const piece of pieces) {
    if (piece.kind !== 'run') {
      out.push(piece);
      continue;
    }
    const run = { ...piece };
    while (run.close && run.count > 0) {
      let k = openers.length - 1;
      // Runs of other characters between are dropped when a pair is made; a few steps back are enough for any real text.
      while (k >= 0 && openers.length - k <= MAX_DEPTH && (out[openers[k]!] as Run).char !== run.char) k--;
      const at = k >= 0 && openers.length - k <= MAX_DEPTH ? openers[k]! : -1;
      if (at < 0) break;
      const opener = out[at] as Run;
      const width = run.char === '~' ? 2 : Math.min(2, run.count, opener.count);
      const children = merge(out.splice(at + 1));
      openers.length = k + 1;
      opener.count -= width;
      run.count -= width;
      if (!opener.count) {
        out.pop();
        openers.pop();
      }
      const kind = run.char === '~' ? 'del' : width === 2 ? 'strong' : 'em';
      out.push({ kind, children: limitDepth(children) });
    }
    if (run.count > 0) {
      if (run.open) openers.push(out.length);
      out.push(run);
    }
  }
  return merge(out);
}

function depthOf(nodes: Inline[], left: number): boolean {
  return left > 0 && nodes.every((n) => !('children' in n) || depthOf(n.children, left - 1));
}
const limitDepth = (nodes: Inline[]): Inline[] => (depthOf(nodes, MAX_DEPTH) ? nodes : plainText(nodes));

function merge(pieces: Piece[]): Inline[] {
  const out: Inline[] = [];
  for (const p of pieces) {
    const node = p.kind === 'run' || p.kind === 'bracket' ? literalOf(p) : p;
    const last = out[out.length - 1];
    if (node.kind === 'text' && last?.kind === 'text') out[out.length - 1] = { kind: 'text', text: last.text + node.text };
    else if (node.kind !== 'text' || node.text) out.push(node);
  }
  return out;
}

export const parseInline = (text: string): Inline[] => new Scanner(text).scan();
