// Hocuspocus with its SQLite extension: node hocuspocus.mjs PORT DATABASE [REDIS_PORT]
import { Redis } from "@hocuspocus/extension-redis";
import { SQLite } from "@hocuspocus/extension-sqlite";
import { Server } from "@hocuspocus/server";

const [port, database, redis] = process.argv.slice(2);
const extensions = [new SQLite({ database })];
if (redis) {
  extensions.push(new Redis({ host: "127.0.0.1", port: Number(redis) }));
}
await new Server({ address: "127.0.0.1", port: Number(port), quiet: true, extensions }).listen();
