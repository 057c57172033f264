import { defineConfig } from 'vite';

// Every asset is a file of its own: the page's Content-Security-Policy allows nothing inline.
export default defineConfig({
  base: '/',
  build: { target: 'es2020', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  server: { proxy: { '/api': 'http://127.0.0.1:8765', '/v1': 'http://127.0.0.1:8765' } },
});
