import type { VNode } from 'preact';
import { useLayoutEffect, useMemo, useState } from 'preact/hooks';
import type { Model, Status } from './api';
import { Composer } from './composer';
import { useConversation } from './conversation';
import { firstLang, TextContext, texts, useText, type Lang } from './i18n';
import { Flame, IconPlus } from './icons';
import { Thread } from './thread';
import { Looking, NoModel, Offline, Welcome } from './states';
import { useStatus } from './status';

// Storage may be forbidden; the choice is then forgotten, and that is all.
const storage = {
  get: (key: string): string | null => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set: (key: string, value: string): void => {
    try {
      localStorage.setItem(key, value);
    } catch {
      // forgotten
    }
  },
};

export function App(): VNode {
  const [lang, setLang] = useState<Lang>(() => firstLang(storage.get('hearth.lang'), navigator.languages));
  useLayoutEffect(() => {
    document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
  }, [lang]);
  const switchLang = (): void => {
    const next = lang === 'zh' ? 'en' : 'zh';
    storage.set('hearth.lang', next);
    setLang(next);
  };
  return (
    <TextContext.Provider value={texts[lang]}>
      <Page switchLang={switchLang} />
    </TextContext.Provider>
  );
}

// The one that was chosen here before, the server's default if it works, or the first that does.
export function pickModel(status: Status | null, wanted: string | null): string | null {
  const models = status?.models ?? [];
  if (models.some((m) => m.id === wanted)) return wanted;
  const working = models.filter((m) => m.state !== 'failed');
  return (working.find((m) => m.id === status?.default_model) ?? working[0] ?? models[0])?.id ?? null;
}

function Page({ switchLang }: { switchLang: () => void }): VNode {
  const conversation = useConversation();
  const connection = useStatus(conversation.busy);
  const [wanted, setWanted] = useState<string | null>(() => storage.get('hearth.model'));
  const status = connection.status;
  const model = useMemo(() => pickModel(status, wanted), [status, wanted]);
  const entry = status?.models.find((m) => m.id === model) ?? null;
  const choose = (id: string): void => {
    storage.set('hearth.model', id);
    setWanted(id);
  };
  const send = (text: string): void => {
    if (model) conversation.send(model, text);
  };
  const empty = !conversation.turns.length;
  return (
    <div class={empty ? 'page empty' : 'page'}>
      <Header models={status?.models ?? []} model={model} choose={choose} switchLang={switchLang} clear={empty ? null : conversation.clear} />
      <main>
        {empty ? (
          <Beginning connected={connection.online} asked={connection.asked} status={status} send={send} />
        ) : (
          <Thread conversation={conversation} model={entry} retry={() => model && conversation.retry(model)} />
        )}
      </main>
      {(model || !empty) && (
        <Composer ready={!!model} busy={conversation.busy} offline={!connection.online} send={send} stop={conversation.stop} />
      )}
    </div>
  );
}

function Beginning({ connected, asked, status, send }: { connected: boolean; asked: boolean; status: Status | null; send: (text: string) => void }): VNode {
  if (!asked) return <Looking />;
  if (!status) return connected ? <Looking /> : <Offline />;
  if (!status.models.length) return <NoModel folder={status.models_dir} />;
  return <Welcome send={send} />;
}

interface HeaderProps {
  models: Model[];
  model: string | null;
  choose: (id: string) => void;
  switchLang: () => void;
  clear: (() => void) | null;
}

function Header({ models, model, choose, switchLang, clear }: HeaderProps): VNode {
  const t = useText();
  return (
    <header>
      <div class="brand"><Flame /><span>Hearth</span></div>
      {models.length > 0 && (
        <select class="model" value={model ?? ''} aria-label={t.chooseModel} title={t.chooseModel} onChange={(e) => choose(e.currentTarget.value)}>
          {models.map((m) => <option key={m.id} value={m.id}>{m.state === 'failed' ? `${modelLabel(m)} · ${t.failedModel}` : modelLabel(m)}</option>)}
        </select>
      )}
      <span class="gap" />
      {clear && (
        <button type="button" class="quiet" onClick={clear} aria-label={t.newChat} title={t.newChat}><IconPlus /><span class="word">{t.newChat}</span></button>
      )}
      <button type="button" class="quiet" onClick={switchLang} aria-label={t.languageLabel}>{t.language}</button>
    </header>
  );
}

export function modelLabel(m: Model): string {
  return [m.id, m.size_bytes ? sizeText(m.size_bytes) : null].filter(Boolean).join(' · ');
}

function sizeText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.ceil(bytes / 1e3)} KB`;
}
