import { defineConfig } from "vite";

// The server links the files by the manifest; their names change with their contents.
export default defineConfig({
  base: "/",
  build: {
    manifest: true,
    modulePreload: false,
    // Pictures that no page shows (of a style sheet we did not write) stay files and are never fetched.
    assetsInlineLimit: 0,
    rollupOptions: { input: ["src/main.ts", "src/crew/main.ts", "src/crew/worker.ts"] },
  },
  css: { preprocessorOptions: { scss: { loadPaths: ["node_modules"], quietDeps: true } } },
});
