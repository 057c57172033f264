import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// The service worker is told which files the page consists of, and has a name that changes when any of them does.
function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    async generateBundle(_, bundle) {
      const hash = createHash('sha256');
      const files = ['/'];
      for (const [name, file] of Object.entries(bundle).sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (name !== 'index.html') files.push(`/${name}`);
        hash.update(name).update(file.type === 'chunk' ? file.code : file.source);
      }
      for (const name of readdirSync(here('public')).sort()) {
        files.push(`/${name}`);
        hash.update(readFileSync(here(`public/${name}`)));
      }
      const source = await transform(readFileSync(here('src/sw.ts'), 'utf8'), {
        loader: 'ts',
        minify: true,
        target: 'es2022',
        define: { SHELL_FILES: JSON.stringify(files), SHELL_NAME: JSON.stringify(`hearth-${hash.digest('hex').slice(0, 16)}`) },
      });
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: source.code.replace(/export\{\};?\s*$/, '') });
    },
  };
}

// Every asset is a file of its own: the page's Content-Security-Policy allows nothing inline.
export default defineConfig({
  base: '/',
  plugins: [serviceWorker()],
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  server: { proxy: { '/api': 'http://127.0.0.1:8765', '/v1': 'http://127.0.0.1:8765' } },
});
