// What stands in the middle when there is no conversation yet.
import type { VNode } from 'preact';
import { useText } from './i18n';
import { Flame } from './icons';
import { CopyButton } from './markdown/render';

export function Looking(): VNode {
  const t = useText();
  return <section class="state" role="status"><Flame lively /><p class="soft">{t.looking}</p></section>;
}

export function Welcome({ send }: { send: (text: string) => void }): VNode {
  const t = useText();
  const hour = new Date().getHours();
  const greeting = hour < 5 ? t.evening : hour < 12 ? t.morning : hour < 18 ? t.afternoon : t.evening;
  return (
    <section class="state">
      <Flame />
      <h1>{greeting}</h1>
      <p class="soft">{t.invite}</p>
      <ul class="ideas">
        {t.ideas.map((idea) => <li key={idea}><button type="button" onClick={() => send(idea)}>{idea}</button></li>)}
      </ul>
    </section>
  );
}

export function NoModel({ folder }: { folder: string }): VNode {
  const t = useText();
  return (
    <section class="state">
      <Flame />
      <h1>{t.noModelTitle}</h1>
      <p class="soft">{t.noModelText}</p>
      <ol class="steps">
        <li>{t.noModelStep1}</li>
        <li>
          {t.noModelStep2}
          <div class="path"><code>{folder}</code><CopyButton text={folder} /></div>
        </li>
        <li>{t.noModelStep3}</li>
      </ol>
      <p class="soft watching" role="status"><span class="dot" />{t.watching}</p>
    </section>
  );
}

export function Offline(): VNode {
  const t = useText();
  return (
    <section class="state" role="status">
      <Flame />
      <h1>{t.offlineTitle}</h1>
      <p class="soft">{t.offlineText}</p>
      <div class="path"><code>hearth serve</code><CopyButton text="hearth serve" /></div>
      <p class="soft watching"><span class="dot" />{t.looking}</p>
    </section>
  );
}
