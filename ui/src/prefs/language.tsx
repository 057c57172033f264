import type { VNode } from 'preact';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import { useServices } from '../services';

/** To the other language, said in that language. */
export function LanguageButton(): VNode {
  const t = useText();
  const { prefs } = useServices();
  const lang = useStore(prefs.store, (p) => p.lang);
  return (
    <button type="button" class="quiet" onClick={() => prefs.setLang(lang === 'zh' ? 'en' : 'zh')} aria-label={t.otherLanguage} lang={lang === 'zh' ? 'en' : 'zh-CN'}>
      {lang === 'zh' ? 'English' : '中文'}
    </button>
  );
}
