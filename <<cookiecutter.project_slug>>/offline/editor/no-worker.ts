/** What browsers get instead of the service worker where the site does not want one any more: it takes all of it away. */

import { forget } from "./sets";
import { worker } from "./worker-types";

worker.addEventListener("install", () => void worker.skipWaiting());
worker.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([forget(() => true), worker.registration.unregister()]));
});
