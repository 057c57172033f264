import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { en } from './en';
import { zh } from './zh';

export type Texts = typeof en;
export type Lang = 'en' | 'zh';
export const texts: Record<Lang, Texts> = { en, zh };

export function firstLang(saved: string | null, preferred: readonly string[]): Lang {
  if (saved === 'en' || saved === 'zh') return saved;
  const known = preferred.find((l) => /^(en|zh)\b/i.test(l));
  return known?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export const TextContext = createContext<Texts>(en);
export const useText = (): Texts => useContext(TextContext);
