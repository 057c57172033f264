// Keys of programs and other people: made, shown once, listed, revoked.
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { dateText } from '../base/format';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import { errorText } from '../i18n/errors';
import { toApiError, type ApiError } from '../net/errors';
import type { Key } from '../net/types';
import { Confirm } from '../parts/confirm';
import { CopyButton } from '../parts/copy';
import { useServices } from '../services';

const DAY_MS = 86_400_000;
const DAYS = [7, 30, 90, 365];

export function KeysPage(): VNode {
  const t = useText();
  const { api } = useServices();
  const [keys, setKeys] = useState<Key[] | null>(null);
  const [made, setMade] = useState<(Key & { secret: string }) | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const read = async (): Promise<void> => {
    try {
      setKeys((await api.keys()).keys);
      setError(null);
    } catch (e) {
      setError(toApiError(e));
    }
  };
  useEffect(() => void read(), []);
  return (
    <main id="main" class="page" tabIndex={-1}>
      <div class="page-inside">
        <p class="lead">{t.keysText}</p>
        {error && <p class="problem" role="alert">{errorText(error, t)} {error.message}</p>}
        <section>
          <h2>{t.newKey}</h2>
          <NewKey made={(key) => (setMade(key), void read())} failed={setError} />
          {made && (
            <div class="secret" role="alert">
              <p><strong>{t.keyMade(made.name)}</strong>: {t.keyOnce}</p>
              <div class="path"><code>{made.secret}</code><CopyButton text={made.secret} /></div>
            </div>
          )}
        </section>
        <section>
          <h2>{t.keys}</h2>
          {keys?.length === 0 && <p class="soft">{t.noKeys}</p>}
          <ul class="cards">{keys?.map((k) => <KeyCard key={k.id} item={k} changed={() => void read()} failed={setError} />)}</ul>
        </section>
      </div>
    </main>
  );
}

function NewKey({ made, failed }: { made: (key: Key & { secret: string }) => void; failed: (e: ApiError) => void }): VNode {
  const t = useText();
  const { api } = useServices();
  const [name, setName] = useState('');
  const [scope, setScope] = useState<'user' | 'admin'>('user');
  const [days, setDays] = useState(0);
  const submit = async (e: Event): Promise<void> => {
    e.preventDefault();
    if (!name.trim()) return;
    try {
      made(await api.addKey({ name: name.trim(), scope, ...(days ? { expires_ms: Date.now() + days * DAY_MS } : {}) }));
      setName('');
    } catch (problem) {
      failed(toApiError(problem));
    }
  };
  return (
    <form class="key-maker" onSubmit={submit}>
      <label>{t.keyName}<input value={name} maxLength={60} placeholder={t.keyNameHint} onInput={(e) => setName(e.currentTarget.value)} /></label>
      <label>
        {t.scope}
        <select value={scope} onChange={(e) => setScope(e.currentTarget.value as 'user' | 'admin')}>
          <option value="user">{t.scopeTexts.user}</option>
          <option value="admin">{t.scopeTexts.admin}</option>
        </select>
      </label>
      <label>
        {t.expiry}
        <select value={days} onChange={(e) => setDays(Number(e.currentTarget.value))}>
          <option value={0}>{t.expiries.never}</option>
          {DAYS.map((n) => <option key={n} value={n}>{t.expiries.days(n)}</option>)}
        </select>
      </label>
      <button type="submit" class="strong" disabled={!name.trim()}>{t.createKey}</button>
    </form>
  );
}

function KeyCard({ item: k, changed, failed }: { item: Key; changed: () => void; failed: (e: ApiError) => void }): VNode {
  const t = useText();
  const { api, prefs } = useServices();
  const lang = useStore(prefs.store, (p) => p.lang);
  const [asking, setAsking] = useState(false);
  const over = k.expires_ms !== null && k.expires_ms < Date.now();
  const expiry = k.expires_ms === null ? null : over ? t.expired : t.expires(dateText(k.expires_ms, lang));
  const facts = [t.scopeTexts[k.scope], t.created(dateText(k.created_ms, lang)), k.used_ms === null ? t.neverUsed : t.used(dateText(k.used_ms, lang)), k.revoked ? t.revoked : expiry];
  const revoke = async (): Promise<void> => {
    setAsking(false);
    try {
      await api.revokeKey(k.id);
    } catch (e) {
      failed(toApiError(e));
    }
    changed();
  };
  return (
    <li class={k.revoked || over ? 'card spent' : 'card'}>
      <div class="card-text">
        <h3>{k.name} <code>{k.hint}…</code></h3>
        <p class="facts">{facts.filter(Boolean).join(' · ')}</p>
      </div>
      {!k.revoked && <button type="button" class="plain" onClick={() => setAsking(true)} aria-label={t.revokeKey(k.name)}>{t.revoke}</button>}
      {asking && <Confirm text={t.revokeSure(k.name)} action={t.revoke} yes={() => void revoke()} no={() => setAsking(false)} />}
    </li>
  );
}
