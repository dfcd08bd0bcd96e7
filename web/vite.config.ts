import { defineConfig } from "vite";

// The server links the files by the manifest; their names change with their contents.
export default defineConfig({
  base: "/",
  build: {
    manifest: true,
    modulePreload: false,
    rollupOptions: { input: ["src/main.ts", "src/crew/main.ts", "src/crew/worker.ts"] },
  },
  css: { preprocessorOptions: { scss: { loadPaths: ["node_modules"], quietDeps: true } } },
});
