import type { VNode } from 'preact';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import { useServices } from '../services';
import { DataSection } from './data';
import type { Theme } from './prefs';

export function SettingsPage(): VNode {
  const t = useText();
  const { session, status } = useServices();
  const who = useStore(session.store, (s) => s.principal);
  const version = useStore(status.store, (s) => s.status?.version);
  return (
    <main id="main" class="page" tabIndex={-1}>
      <div class="page-inside">
        <Appearance />
        <DataSection />
        {who && (
          <section>
            <h2>{t.account}</h2>
            <p class="soft">{who.kind === 'local' ? t.localOwner : `${t.keyHolder(who.name)} (${t.scopes[who.scope]})`}</p>
            <div class="buttons start"><button type="button" class="plain" onClick={() => void session.signOut()}>{t.signOut}</button></div>
          </section>
        )}
        <section>
          <h2>{t.about}</h2>
          <p class="soft">{version && t.version(version)}</p>
        </section>
      </div>
    </main>
  );
}

function Appearance(): VNode {
  const t = useText();
  const { prefs } = useServices();
  const { theme, lang } = useStore(prefs.store, (p) => p);
  const themes: Theme[] = ['system', 'light', 'dark'];
  return (
    <section>
      <h2>{t.appearance}</h2>
      <fieldset class="choice">
        <legend>{t.theme}</legend>
        {themes.map((value) => (
          <label key={value}><input type="radio" name="theme" checked={theme === value} onChange={() => prefs.setTheme(value)} />{t.themes[value]}</label>
        ))}
      </fieldset>
      <fieldset class="choice">
        <legend>{t.language}</legend>
        <label lang="en"><input type="radio" name="lang" checked={lang === 'en'} onChange={() => prefs.setLang('en')} />English</label>
        <label lang="zh-CN"><input type="radio" name="lang" checked={lang === 'zh'} onChange={() => prefs.setLang('zh')} />简体中文</label>
      </fieldset>
    </section>
  );
}
