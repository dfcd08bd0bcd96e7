import { execSync } from "node:child_process";
import { defineConfig } from "@playwright/test";

const chromium = execSync("command -v chromium").toString().trim();

export default defineConfig({
  testDir: "e2e",
  timeout: 60_000,
  reporter: "line",
  workers: 2,
  use: {
    baseURL: process.env.BASE_URL ?? "http://127.0.0.1:8080",
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--disable-quic",
      ],
    },
  },
});
