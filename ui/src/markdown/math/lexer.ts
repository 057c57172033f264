// TeX as tokens: \name, a character, or a whole number.
export type Token = { kind: 'command'; text: string } | { kind: 'char'; text: string } | { kind: 'number'; text: string };

const TOKEN = /\\([A-Za-z]+)[ \n]*|\\([\s\S])|(\d+(?:[.,]\d+)*)|%[^\n]*|(\s+)|([\s\S])/gu;

export function lex(tex: string): Token[] {
  const tokens: Token[] = [];
  for (const m of tex.matchAll(TOKEN)) {
    if (m[1] ?? m[2]) tokens.push({ kind: 'command', text: (m[1] ?? m[2])! });
    else if (m[3]) tokens.push({ kind: 'number', text: m[3] });
    else if (m[4]) tokens.push({ kind: 'char', text: ' ' });
    else if (m[5]) tokens.push({ kind: 'char', text: m[5] });
  }
  return tokens;
}
