// The conversation that is open, or the beginning of a new one.
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import { errorText } from '../i18n/errors';
import { NoModel } from '../models/no-model';
import { Flame } from '../parts/icons';
import { useServices } from '../services';
import { Offline } from '../session/states';
import { writes } from '../session/status';
import { Composer } from './composer';
import { Thread } from './thread';
import { Welcome } from './welcome';

export function ChatPlace(): VNode {
  const { chat, status } = useServices();
  const phase = useStore(chat.store, (c) => c.phase);
  const empty = useStore(chat.store, (c) => c.messages.length === 0);
  const known = useStore(status.store, (s) => s.status);
  const online = useStore(status.store, (s) => s.online);
  useTitle();
  const noModel = known !== null && !known.models.some(writes);
  return (
    <main id="main" class={empty ? 'chat beginning' : 'chat'} tabIndex={-1}>
      {phase === 'missing' || phase === 'failed' ? <NotThere /> : phase === 'loading' ? <Opening /> : !empty ? <Thread /> : noModel ? <NoModel /> : known === null && !online ? <Offline /> : <Welcome />}
      {phase === 'ready' && (!noModel || !empty) && <Composer />}
    </main>
  );
}

function useTitle(): void {
  const { chat } = useServices();
  const title = useStore(chat.store, (c) => c.title);
  useEffect(() => {
    document.title = title ? `${title} · Hearth` : 'Hearth';
  }, [title]);
}

function Opening(): VNode {
  const t = useText();
  return <section class="state late" role="status"><p class="soft">{t.opening}</p></section>;
}

function NotThere(): VNode {
  const t = useText();
  const { chat, router } = useServices();
  const missing = useStore(chat.store, (c) => c.phase === 'missing');
  const error = useStore(chat.store, (c) => c.error);
  return (
    <section class="state" role="alert">
      <Flame />
      <h1>{missing ? t.missingTitle : t.failedTitle}</h1>
      <p class="soft">{missing ? t.missingText : error && errorText(error, t)}</p>
      <div class="buttons">
        {!missing && <button type="button" class="plain" onClick={() => void chat.reload()}>{t.retry}</button>}
        <button type="button" class="strong" onClick={() => router.go({ name: 'chat', id: null })}>{t.newChat}</button>
      </div>
    </section>
  );
}
