// The beginning of a Hearth that has no model: the way to one, here and now.
import type { VNode } from 'preact';
import { useStore } from '../base/store';
import { useText } from '../i18n';
import { Flame } from '../parts/icons';
import { useServices } from '../services';
import { Command } from '../session/states';
import { PullList, Suggestions } from './suggestions';

export function NoModel(): VNode {
  const t = useText();
  const { status, session } = useServices();
  const folder = useStore(status.store, (s) => s.status?.models_dir);
  const admin = useStore(session.store, (s) => s.principal?.scope === 'admin');
  return (
    <section class="state no-model">
      <Flame />
      <h1>{t.noModelTitle}</h1>
      <p class="soft">{admin ? t.noModelText : t.noModelAsk}</p>
      <h2 class="offscreen">{t.suggested}</h2>
      {admin && <PullList />}
      <Suggestions />
      {folder && <p class="soft">{t.orFolder}</p>}
      {folder && <Command text={folder} />}
      <p class="soft watching" role="status"><span class="dot" />{t.watching}</p>
    </section>
  );
}
