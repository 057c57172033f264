// Colours code line by line. What a line is depends on the lines before it only through the stretch that is open at its start, so a
// block that grows is read from its last line on, and its finished lines stay the same objects.
import { languageOf, type Kind, type Language, type Rule } from './languages';

export interface Token {
  kind: Kind | null;
  text: string;
}
export type Line = readonly Token[];

const WORD = /[A-Za-z_$][\w$]*/y;
const LINE_CHARS_MAX = 2000; // a longer line is data, not code: it is left as it is

export class Highlighter {
  private text = '';
  private lines: Line[] = []; // all but the last
  private open: Rule | null = null; // at the start of the last line
  private from = 0; // where in text the last line begins

  private constructor(private readonly language: Language) {}

  static for(name: string): Highlighter | null {
    const language = languageOf(name);
    return language && new Highlighter(language);
  }

  read(text: string): Line[] {
    if (!text.startsWith(this.text.slice(0, this.from))) {
      this.lines = [];
      this.open = null;
      this.from = 0;
    }
    this.text = text;
    for (let end; (end = text.indexOf('\n', this.from)) >= 0; this.from = end + 1) {
      const { tokens, open } = this.line(text.slice(this.from, end), this.open);
      this.lines.push(tokens);
      this.open = open;
    }
    return [...this.lines, this.line(text.slice(this.from), this.open).tokens];
  }

  private line(line: string, open: Rule | null): { tokens: Line; open: Rule | null } {
    if (line.length > LINE_CHARS_MAX) return { tokens: [{ kind: null, text: line }], open };
    const tokens: Token[] = [];
    let at = 0;
    const put = (kind: Kind | null, end: number): void => {
      const last = tokens[tokens.length - 1];
      if (end > at && last && last.kind === kind) last.text += line.slice(at, end);
      else if (end > at) tokens.push({ kind, text: line.slice(at, end) });
      at = end;
    };
    while (at < line.length || open) {
      if (open) {
        const end = endOf(open, line, at);
        put(open.kind, end < 0 ? line.length : end);
        if (end < 0) return { tokens, open };
        open = null;
        continue;
      }
      const rule = this.language.rules.find((r) => ((r.match.lastIndex = at), r.match.test(line) && r.match.lastIndex > at));
      if (rule) {
        put(rule.kind, rule.match.lastIndex);
        open = rule.until ? rule : null;
        continue;
      }
      WORD.lastIndex = at;
      const word = WORD.exec(line)?.[0];
      put(word ? this.kindOf(word, line[at + word.length]) : null, at + (word?.length ?? 1));
    }
    return { tokens, open: null };
  }

  private kindOf(word: string, after: string | undefined): Kind | null {
    const { keywords, types, ignoreCase } = this.language;
    const key = ignoreCase ? word.toLowerCase() : word;
    if (keywords?.has(key)) return 'keyword';
    if (types?.has(key)) return 'type';
    return keywords && after === '(' ? 'name' : null;
  }
}

function endOf(rule: Rule, line: string, at: number): number {
  const until = rule.until!;
  until.lastIndex = at;
  return until.test(line) ? until.lastIndex : -1;
}
