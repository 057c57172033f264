// What stands in the middle when there is nothing else to show yet.
import type { VNode } from 'preact';
import { useText } from '../i18n';
import { CopyButton } from '../parts/copy';
import { Flame } from '../parts/icons';

export function Looking(): VNode {
  const t = useText();
  return <section class="state late" role="status"><Flame lively /><p class="soft">{t.looking}</p></section>;
}

export function Command({ text }: { text: string }): VNode {
  return <div class="path"><code>{text}</code><CopyButton text={text} /></div>;
}

export function Offline(): VNode {
  const t = useText();
  return (
    <section class="state" role="status">
      <Flame />
      <h1>{t.offlineTitle}</h1>
      <p class="soft">{t.offlineText}</p>
      <Command text="hearth serve" />
      <p class="soft watching"><span class="dot" />{t.looking}</p>
    </section>
  );
}
