import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { countText, sizeText } from '../base/format';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import { errorText } from '../i18n/errors';
import { toApiError } from '../net/errors';
import type { Model } from '../net/types';
import { IconTrash } from '../parts/icons';
import { useServices } from '../services';
import { ASSISTANT } from '../session/status';
import { Confirm } from '../parts/confirm';
import { factsOf } from './picker';
import { PullList, Suggestions } from './suggestions';

export function ModelsPage(): VNode {
  const t = useText();
  const { status, session } = useServices();
  const known = useStore(status.store, (s) => s.status);
  const files = known?.models.filter((m) => m.id !== ASSISTANT);
  const admin = useStore(session.store, (s) => s.principal?.scope === 'admin');
  return (
    <main id="main" class="page" tabIndex={-1}>
      <div class="page-inside">
        <p class="lead">{t.modelsText}{!admin && ` ${t.onlyAdmins}`}</p>
        <section>
          <h2>{t.installed}</h2>
          {files?.length === 0 && <p class="soft">{t.noneInstalled}</p>}
          <ul class="cards">{files?.map((m) => <Installed key={m.id} model={m} admin={admin} />)}</ul>
        </section>
        {admin && (
          <section>
            <h2>{t.pull}</h2>
            <PullForm />
            <PullList />
          </section>
        )}
        <section>
          <h2>{t.suggested}</h2>
          {known?.memory && <p class="soft">{t.suggestedHint(sizeText(known.memory.total_bytes))}</p>}
          <Suggestions />
        </section>
      </div>
    </main>
  );
}

function Installed({ model: m, admin }: { model: Model; admin: boolean }): VNode {
  const t = useText();
  const { api, status, speeds, toasts } = useServices();
  const speed = useStore(speeds.store, (s) => s.byModel.get(m.id));
  const [asking, setAsking] = useState(false);
  const remove = async (): Promise<void> => {
    setAsking(false);
    try {
      await api.removeModel(m.id);
      toasts.show((now) => now.modelDeleted(m.id));
    } catch (e) {
      const error = toApiError(e);
      toasts.show((now) => `${errorText(error, now)} ${error.message}`);
    }
    await status.ask();
  };
  return (
    <li class="card">
      <span class={`lamp ${m.state}`} />
      <div class="card-text">
        <h3>{m.id}</h3>
        <p class="facts">{[factsOf(m, speed, t), m.context ? t.context(countText(m.context)) : null].filter(Boolean).join(' · ')}</p>
        {m.failure && <p class="problem">{m.failure}</p>}
      </div>
      {admin && <button type="button" class="quiet" onClick={() => setAsking(true)} aria-label={t.deleteModel(m.id)} title={t.deleteModel(m.id)}><IconTrash /></button>}
      {asking && <Confirm text={t.deleteModelSure(m.id)} action={t.remove} yes={() => void remove()} no={() => setAsking(false)} />}
    </li>
  );
}

function PullForm(): VNode {
  const t = useText();
  const { pulls } = useServices();
  const [name, setName] = useState('');
  const submit = async (e: Event): Promise<void> => {
    e.preventDefault();
    if (name.trim() && (await pulls.start(name.trim()))) setName('');
  };
  return (
    <form class="line" onSubmit={submit}>
      <input value={name} placeholder={t.pullPlaceholder} aria-label={t.pullLabel} autocomplete="off" spellcheck={false} onInput={(e) => setName(e.currentTarget.value)} />
      <button type="submit" class="strong" disabled={!name.trim()}>{t.pull}</button>
    </form>
  );
}
