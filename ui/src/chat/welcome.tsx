import type { VNode } from 'preact';
import { useText } from '../i18n';
import { Flame } from '../parts/icons';
import { useServices } from '../services';
import { useModel } from './model';

export function Welcome(): VNode {
  const t = useText();
  const { chat } = useServices();
  const model = useModel();
  const hour = new Date().getHours();
  const greeting = hour < 5 ? t.evening : hour < 12 ? t.morning : hour < 18 ? t.afternoon : t.evening;
  return (
    <section class="state welcome">
      <Flame />
      <h1>{greeting}</h1>
      <p class="soft">{t.invite}</p>
      <ul class="ideas">
        {t.ideas.map((idea) => (
          <li key={idea}><button type="button" onClick={() => void chat.send({ content: idea, attachments: [] }, model?.id ?? null)}>{idea}</button></li>
        ))}
      </ul>
    </section>
  );
}
