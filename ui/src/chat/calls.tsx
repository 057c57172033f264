// Calls of tools that an answer asks for, folded, and the boxes for what came of them.
import type { VNode } from 'preact';
import { useId, useState } from 'preact/hooks';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import { Code } from '../markdown/code';
import type { Call, Message } from '../net/types';
import { IconTool } from '../parts/icons';
import { useServices } from '../services';
import { brief, pretty, whole } from './call-text';
import { sendsNow } from './keys';
import { useModel } from './model';

export function Calls({ calls, growing = false }: { calls: readonly Call[]; growing?: boolean }): VNode | null {
  const t = useText();
  if (!calls.length) return null;
  return (
    <ul class="calls" aria-label={t.calls}>
      {calls.map((call, i) => (
        <li key={i}>
          <details class="folded call" aria-label={call.name}>
            <summary><IconTool /><b>{call.name}</b><span class="brief">{brief(call.arguments)}</span></summary>
            <Code language="json" text={pretty(call.arguments)} />
            {!growing && !whole(call.arguments) && <p class="soft">{t.callCut}</p>}
          </details>
        </li>
      ))}
    </ul>
  );
}

/** One box for each call; the model goes on when they are sent. */
export function ResultForm({ message, calls }: { message: Message; calls: readonly Call[] }): VNode | null {
  const t = useText();
  const { chat } = useServices();
  const model = useModel();
  const id = useId();
  const busy = useStore(chat.store, (c) => c.busy);
  const [texts, setTexts] = useState<Record<string, string>>({});
  const answerable = calls.filter((call) => whole(call.arguments));
  if (!answerable.length) return null;
  const submit = (e?: Event): void => {
    e?.preventDefault();
    if (!busy) void chat.results(message, answerable.map((call) => ({ id: call.id, content: texts[call.id] ?? '' })), model?.id ?? null);
  };
  return (
    <form class="result-form" aria-label={t.results} onSubmit={submit}>
      {answerable.map((call) => (
        <div key={call.id} class="block">
          <label for={`${id}-${call.id}`}>{t.resultOf(call.name)}</label>
          <textarea id={`${id}-${call.id}`} rows={2} value={texts[call.id] ?? ''} onInput={(e) => setTexts({ ...texts, [call.id]: e.currentTarget.value })} onKeyDown={(e) => sendsNow(e) && submit(e)} />
        </div>
      ))}
      <div class="buttons">
        <span class="soft">{t.resultsHint}</span>
        <button type="submit" class="strong" disabled={busy}>{t.sendResults}</button>
      </div>
    </form>
  );
}
