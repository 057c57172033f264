// Numbers, sizes and times as people read them.
import type { Lang } from '../i18n';

const locales: Record<Lang, string> = { en: 'en-GB', zh: 'zh-CN' };

export function sizeText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.ceil(bytes / 1e3)} KB`;
}

export const countText = (n: number): string => n.toLocaleString('en-GB').replace(/,/g, '\u202f');

export function speedText(perSecond: number): string {
  return perSecond.toFixed(perSecond >= 10 ? 0 : 1);
}

export function durationText(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

export function dateText(ms: number, lang: Lang): string {
  return new Date(ms).toLocaleDateString(locales[lang], { year: 'numeric', month: 'short', day: 'numeric' });
}

export function monthText(ms: number, lang: Lang): string {
  return new Date(ms).toLocaleDateString(locales[lang], { year: 'numeric', month: 'long' });
}

/** The length in UTF-8, which is how the server counts. */
export function utf8Length(text: string): number {
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x80) n += 1;
    else if (c < 0x800) n += 2;
    else if (c >= 0xd800 && c < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) (n += 4), i++;
    else n += 3;
  }
  return n;
}
