import react from '@vitejs/plugin-react'
import { defineConfig, type UserConfig } from 'vite'

/**
 * The build is a pure function of the sources: no source maps, no environment values, no inlined assets (the server's
 * Content-Security-Policy allows scripts and styles as files of its own origin only).
 */
const config: UserConfig = defineConfig({
  base: './',
  plugins: [react()],
  envPrefix: 'FIREBREAK_CONSOLE_NOTHING_',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    sourcemap: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
  },
})

export default config
