// Hocuspocus with its SQLite extension: node server.mjs PORT DATABASE [REDIS_PORT]
import { once } from "node:events";

import { Redis } from "@hocuspocus/extension-redis";
import { SQLite } from "@hocuspocus/extension-sqlite";
import { Server } from "@hocuspocus/server";

const [port, database, redis] = process.argv.slice(2);
const extensions = [new SQLite({ database })];
if (redis) {
  const extension = new Redis({ host: "127.0.0.1", port: Number(redis) });
  // A document opened before these are ready would leave the node deaf to the other.
  await Promise.all([extension.pub, extension.sub].map((client) => once(client, "ready")));
  extensions.push(extension);
}
// It closes who says nothing for a minute, and who sends much before the login is answered: a hundred who come at once.
const limits = {
  timeout: 3_600_000,
  maxUnauthenticatedQueueSize: 1 << 30,
  maxUnauthenticatedQueueMessages: 1_000_000,
  maxPendingDocuments: 1_000_000,
};
await new Server({ address: "127.0.0.1", port: Number(port), quiet: true, extensions, ...limits }).listen();
