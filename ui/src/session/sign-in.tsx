import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useStore } from '../base/store';
import { useText, type Texts } from '../i18n';
import { errorText } from '../i18n/errors';
import type { ApiError } from '../net/errors';
import { Flame } from '../parts/icons';
import { LanguageButton } from '../prefs/language';
import { useServices } from '../services';
import { Command } from './states';

export function SignIn(): VNode {
  const t = useText();
  const { session } = useServices();
  const error = useStore(session.store, (s) => s.error);
  const [key, setKey] = useState('');
  const [tried, setTried] = useState(false);
  const submit = async (e: Event): Promise<void> => {
    e.preventDefault();
    if (!key.trim()) return;
    setTried(true);
    await session.signIn(key.trim());
  };
  // What is wrong is said where it went wrong: of the link above, of the key below.
  return (
    <section class="state sign-in">
      <Flame />
      <h1>{t.signInTitle}</h1>
      <p class="soft">{error && !tried ? <span role="alert">{explain(error, t.linkUsed, t)}</span> : t.signInText}</p>
      <Command text="hearth open" />
      <p class="soft">{t.signInThen}</p>
      <form class="key-form" onSubmit={submit}>
        <label for="key">{t.signInKey}</label>
        <div class="path">
          <input id="key" type="password" autocomplete="current-password" spellcheck={false} value={key} onInput={(e) => setKey(e.currentTarget.value)} aria-describedby="key-error" aria-invalid={tried && !!error} />
          <button type="submit" class="plain">{t.signIn}</button>
        </div>
        <p id="key-error" class="problem" role="alert">{error && tried && explain(error, t.keyWrong, t)}</p>
      </form>
      <LanguageButton />
    </section>
  );
}

function explain(error: ApiError, refused: string, t: Texts): string {
  if (error.kind === 'limit') return t.tooOften(error.retryS ?? 60);
  return error.kind === 'signIn' || error.kind === 'denied' ? refused : errorText(error, t);
}
