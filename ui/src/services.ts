// Everything behind what is seen, made once and handed down; a test makes its own.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { Router } from './base/route';
import { Chat } from './chat/chat';
import { errorText } from './i18n/errors';
import { List } from './list/list';
import { Pulls } from './models/pulls';
import { Speeds } from './models/speeds';
import { Api } from './net/api';
import { Http } from './net/http';
import { Prefs } from './prefs/prefs';
import { Presets } from './prefs/presets';
import { SessionState } from './session/session';
import { StatusState } from './session/status';
import { Toasts } from './parts/toasts';
import { Layers } from './parts/layers';

export interface Services {
  api: Api;
  router: Router;
  session: SessionState;
  status: StatusState;
  chat: Chat;
  list: List;
  pulls: Pulls;
  speeds: Speeds;
  prefs: Prefs;
  presets: Presets;
  toasts: Toasts;
  layers: Layers;
}

export function makeServices(): Services {
  const api = new Api(new Http());
  const router = new Router();
  const session = new SessionState(api);
  const status = new StatusState(api);
  const list = new List(api);
  const speeds = new Speeds();
  const chat: Chat = new Chat(api, {
    created: (id) => router.become({ name: 'chat', id }),
    touched: async (id) => {
      await list.refresh();
      const title = list.store.get().items.find((s) => s.id === id)?.title;
      if (title !== undefined && chat.store.get().id === id) chat.store.set({ title });
    },
    finished: (message) => {
      speeds.learn(message);
      void status.ask(); // the model's state may be another now
    },
  });
  const services = { api, router, session, status, chat, list, speeds, pulls: new Pulls(api), prefs: new Prefs(), presets: new Presets(api), toasts: new Toasts(), layers: new Layers() };
  api.http.onSignedOut = () => session.lost();
  list.onKept = (error) => services.toasts.show((t) => errorText(error, t));
  window.addEventListener('pagehide', () => list.flush());
  return services;
}

const Context = createContext<Services | null>(null);
export const ServicesProvider = Context.Provider;
export const useServices = (): Services => useContext(Context)!;
